/** What is asked of `influence`: of a run or of a model, and which method answers. */
import type { Dataset, Split } from '../data/dataset.js';
import { encodeNpy } from '../data/npy/encode.js';
import { withDefaults } from '../defaults.js';
import { InputError } from '../errors.js';
import { INFLUENCE_DEFAULTS, type Influence, type InfluenceOptions } from '../explain/influence/influence.js';
import { measureOf, type LayerInfluenceOptions } from '../explain/influence/layer-influence.js';
import { isLayerMethod, LAYER_METHODS, type LayerMethodName } from '../explain/influence/layer-methods/registry.js';
import type { RunMethodName } from '../explain/influence/methods/registry.js';
import type { LayerDataRequest } from '../explain/representer/layer-data-request.js';
import { influenceLists } from '../lists/influence.js';
import { publish } from '../lists/publish.js';
import { influenceReport } from '../report/influence/report.js';
import type { PictureSource } from '../report/pictures.js';
import type { ResultFolder } from '../results/result-folder.js';
import { listContext } from './list-context.js';

/** How influence is computed: by replaying a run, or of the last layer alone. */
export interface AskedInfluence extends Omit<InfluenceOptions, 'method'> {
  /** By default `metagradient` of a run, and `influence-function` of a model. */
  readonly method: RunMethodName | LayerMethodName;
}

/** A run or a model, and inputs, by name, and the folder for what is found. */
export interface InfluenceFolderRequest extends LayerDataRequest {
  /** The run that trained the model: it has its own model, and its data unless they have moved (`dataSpec`). */
  readonly runDirectory?: string | undefined;
  /** Image files, or `<data>@<index>[,<index>…]`; none with the measure `test-loss`. */
  readonly inputs: readonly string[];
  /** Split that indices count in, `test` by default. */
  readonly inputSplit?: Split | undefined;
  /** Folder for `result.json`, `index.html` and the plots. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  readonly options?: Partial<AskedInfluence>;
  /** Also write all effects, [queries, training examples], as `values.npy`. */
  readonly allValues?: boolean | undefined;
  /** Whether a map of features is made; it is by default. */
  readonly map?: boolean | undefined;
  /** Bytes that states of past steps and cotangents may take; a GiB by default. */
  readonly memory?: number | undefined;
  /** Go on where the replay is not the recorded training to the bit. */
  readonly allowDrift?: boolean | undefined;
}

/** The method that answers, with its options in full. */
export type Answering =
  | { readonly replayed: InfluenceOptions; readonly run: string }
  | { readonly layer: LayerInfluenceOptions; readonly verify: number };

/**
 * Which method answers.
 * @throws InputError where run and model are both given, or neither, and for what one of them does not have
 */
export function askedInfluence(request: InfluenceFolderRequest): Answering {
  const { runDirectory: run, modelPath, featureFile, options = {} } = request;
  const { method = run === undefined ? 'influence-function' : 'metagradient', verify = 0 } = options;
  if (run !== undefined) checkRunOnly(request);
  else if (modelPath === undefined && featureFile === undefined) {
    throw new InputError('name a run, or give a `model` and its training `data`');
  }
  if (isLayerMethod(method)) {
    if (verify > 0 && run === undefined) throw new InputError(VERIFY_NEEDS_RUN);
    const { target = INFLUENCE_DEFAULTS.target, topK = INFLUENCE_DEFAULTS.topK } = options;
    return { layer: { method, target, topK, measure: measureOf({ method, measure: options.measure }) }, verify };
  }
  if (run === undefined) {
    throw new InputError(
      `\`method\` ${method} replays a recorded training: name a run, or use ${Object.keys(LAYER_METHODS).join(', ')}`,
    );
  }
  return { run, replayed: withDefaults(INFLUENCE_DEFAULTS, { ...options, method }) };
}

const VERIFY_NEEDS_RUN =
  '`verify` trains again, which needs a run: train the `model` further with train, and name that run';

/** @throws InputError for what says how a model is opened: a run knows that */
function checkRunOnly(request: InfluenceFolderRequest): void {
  const { modelPath, featureFile } = request;
  if (modelPath !== undefined) throw new InputError('give a run or a `model`, not both: a run has its own model');
  if (featureFile !== undefined) throw new InputError('give a run or a file of `features`, not both');
  for (const option of ['mean', 'std', 'labelColumn', 'classNames', 'inputShape', 'output', 'at', 'layer'] as const) {
    if (request[option] === undefined) continue;
    throw new InputError(`\`${option}\` goes with a \`model\`: a run is opened as it was trained`);
  }
}

/** How influence is written. */
interface WrittenInfluence {
  readonly allValues?: boolean | undefined;
  readonly pictures: PictureSource;
  /** The data set of the training examples. */
  readonly data: Pick<Dataset, 'path'>;
}

/** Writes lists, `result.json`, the report and, where it was asked for, `values.npy` [queries, training examples]. */
export async function writeInfluence(
  folder: ResultFolder,
  { result, effects }: Influence,
  { allValues = false, pictures, data }: WrittenInfluence,
): Promise<void> {
  const report = await influenceReport(result, pictures);
  if (allValues) {
    const { queries, examples, values } = effects;
    await folder.write('values.npy', encodeNpy({ shape: [queries, examples], data: values }));
  }
  await publish(folder, result, influenceLists(result, listContext(result.classNames, data)), report);
}
