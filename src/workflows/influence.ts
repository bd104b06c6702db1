/** From a run and inputs to a folder with result.json and a report of which training examples made the decisions. */
import { join } from 'node:path';
import type { Size, Split } from '../data/dataset.js';
import { readInputs, type Input } from '../data/input.js';
import { withDefaults } from '../defaults.js';
import { InputError } from '../errors.js';
import {
  influence,
  INFLUENCE_DEFAULTS,
  type Influence,
  type InfluenceOptions,
} from '../explain/influence/influence.js';
import { writeAtomically } from '../files.js';
import type { Reporting } from '../progress.js';
import { openReplay } from '../replay/replay.js';
import { influenceReport } from '../report/influence/report.js';
import type { PictureSource } from '../report/pictures.js';
import { encodeNpy } from '../data/npy/encode.js';
import type { InfluenceResult } from '../results/influence.js';
import { writeResult } from '../results/result-file.js';
import { checkResultFolder } from '../results/result-folder.js';
import { earlierResize } from '../run/earlier-resize.js';
import { readManifest } from '../run/manifest-file.js';
import type { RunManifest } from '../run/manifest.js';
import type { Runtime } from '../runtime/runtime.js';
import { openRun, REPLAY_MEMORY, type OpenedRun } from './open-run.js';

/** A run and inputs by name, and the folder for what is found. */
export interface InfluenceFolderRequest extends Reporting {
  readonly runDirectory: string;
  /** Image files, or `<data>@<index>[,<index>…]`; none with the measure `test-loss`. */
  readonly inputs: readonly string[];
  /** Split that indices count in, `test` by default. */
  readonly inputSplit?: Split | undefined;
  /** What image files and examples are brought to; the run's own size and channels by default. */
  readonly resize?: Size | undefined;
  readonly channels?: 1 | 3 | undefined;
  /** The training data, where they are no longer where the run says. */
  readonly data?: string | undefined;
  /** Folder for `result.json`, `index.html` and the plots. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  readonly options?: Partial<InfluenceOptions>;
  /** Also write all effects, [queries, training examples], as `values.npy`. */
  readonly allValues?: boolean | undefined;
  /** Bytes that states of past steps and cotangents may take; a GiB by default. */
  readonly memory?: number | undefined;
  /** Go on where the replay is not the recorded training to the bit. */
  readonly allowDrift?: boolean | undefined;
  readonly runtime: Runtime;
}

/**
 * Explains decisions by what training would have made of them without single examples, and writes result and report.
 * @throws InputError when run, inputs and data do not fit together, the run cannot be replayed, or the folder cannot be
 *   written
 */
export async function influenceToFolder(request: InfluenceFolderRequest): Promise<InfluenceResult> {
  const { runDirectory, out, runtime, onNotice, onProgress, memory = REPLAY_MEMORY } = request;
  const options = withDefaults(INFLUENCE_DEFAULTS, request.options);
  checkOptions(options, memory);
  const manifest = await readManifest(runDirectory);
  const earlier = earlierResize(runDirectory, manifest);
  if (earlier !== undefined) onNotice?.(earlier);
  const run = await openRun({ runDirectory, manifest, dataSpec: request.data, runtime, onNotice });
  const inputs = await inputsOf(request, manifest, run);
  await checkResultFolder(out, request.force ?? false, [...request.inputs, run.train.path]);
  let replayed = 0;
  // A quarter is for what is pulled back.
  const replay = await openReplay(
    { ...run, manifest, memory: 0.75 * memory, allowDrift: request.allowDrift },
    (steps) => replayed < manifest.steps && onProgress?.('replaying', (replayed += steps), manifest.steps),
  );
  try {
    if (replay.drift > 0) {
      onNotice?.(
        `the replay is not the recorded training: its weights end ${replay.drift.toExponential(1)} of their norm away`,
      );
    }
    const found = await influence({
      replay,
      classifier: { ...run.classifier, normalization: manifest.input.normalization },
      loss: run.options.loss,
      train: run.train,
      inputs,
      test: run.test,
      options,
      memory: 0.25 * memory,
      runtime,
      provenance: {
        model: manifest.model,
        data: { spec: manifest.data.spec, fingerprint: manifest.data.fingerprint },
        options: {
          run: runDirectory,
          method: options.method,
          measure: options.measure,
          target: options.target,
          'top-k': options.topK,
          verify: options.verify,
          memory: Math.round(memory / 2 ** 20),
          'allow-drift': request.allowDrift ?? false,
          seed: manifest.seed,
        },
        classNames: [...manifest.data.classNames],
      },
      onProgress,
      onNotice,
    });
    await write(request, found, run, inputs);
    return found.result;
  } finally {
    await replay.release();
  }
}

function checkOptions({ topK, verify }: InfluenceOptions, memory: number): void {
  const whole = (value: number, name: string, least: number) => {
    if (Number.isSafeInteger(value) && value >= least) return;
    throw new InputError(`\`${name}\` ${value}: expected a whole number from ${least}`);
  };
  whole(topK, 'topK', 1);
  whole(verify, 'verify', 0);
  if (!(memory > 0)) throw new InputError(`\`memory\` ${memory}: expected a number above 0`);
}

async function inputsOf(
  request: InfluenceFolderRequest,
  { data, input }: RunManifest,
  { train }: OpenedRun,
): Promise<Input[]> {
  if (request.inputs.length === 0) return [];
  return readInputs(request.inputs, {
    resize: request.resize ?? input.resize,
    channels: request.channels ?? input.channels,
    ...input.normalization,
    onNotice: request.onNotice,
    split: request.inputSplit,
    shape: data.kind === 'image' ? data.shape : undefined,
    known: { spec: data.spec, path: train.path },
  });
}

async function write(
  { out, allValues = false }: InfluenceFolderRequest,
  { result, effects }: Influence,
  { train }: OpenedRun,
  inputs: readonly Input[],
): Promise<void> {
  const pictures: PictureSource = {
    picture: async (split, index) => (split === 'train' && train.kind === 'image' ? train.picture(index) : undefined),
    queryPicture: (query) => Promise.resolve(inputs[query]?.picture),
  };
  const report = await influenceReport(result, pictures);
  if (allValues) {
    const { queries, examples, values } = effects;
    await writeAtomically(join(out, 'values.npy'), encodeNpy({ shape: [queries, examples], data: values }));
  }
  await writeResult(join(out, 'result.json'), result);
  await report.write(out);
}
