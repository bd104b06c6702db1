/** From a model, its training data and inputs to a folder with result.json and a report. */
import type { Split } from '../data/dataset.js';
import { readInputs, type Input } from '../data/input.js';
import { encodeNpy } from '../data/npy/encode.js';
import { withDefaults } from '../defaults.js';
import { featureMap } from '../explain/feature-map/feature-map.js';
import { listedInRepresenter } from '../explain/feature-map/listed.js';
import { featuresOfLayerData } from '../explain/feature-map/of-layer-data.js';
import { rowOf } from '../explain/representer/features/features.js';
import { FIT_DEFAULTS } from '../explain/representer/cached-fit.js';
import { checkSettings } from '../explain/representer/fit/fit.js';
import type { LayerDataRequest } from '../explain/representer/layer-data-request.js';
import { openLayerData, type LayerData } from '../explain/representer/layer-data.js';
import { openPoints, selfValues } from '../explain/representer/points.js';
import {
  representer,
  REPRESENTER_DEFAULTS,
  type Representer,
  type RepresenterOptions,
} from '../explain/representer/representer.js';
import { publish } from '../lists/publish.js';
import { representerLists } from '../lists/representer.js';
import { representerReport } from '../report/representer/report.js';
import type { RepresenterResult } from '../results/representer.js';
import { withoutTimes } from '../results/without-times.js';
import { openResultFolder, type ResultFolder } from '../results/result-folder.js';
import type { Runtime } from '../runtime/runtime.js';
import { picturesOf } from './pictures-of.js';
import { listContext } from './list-context.js';

/** Model, training data and inputs by name, and the folder for what is found. */
export interface RepresenterRequest extends LayerDataRequest {
  /** Image files, or `<data>@<index>[,<index>…]`; there may be none. */
  readonly inputs: readonly string[];
  /** Split that indices count in, `test` by default. */
  readonly inputSplit?: Split;
  /** Folder for `result.json`, `index.html` and the plots. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  readonly options?: Partial<RepresenterOptions>;
  /** Also write α, self-values and all values of each input, as NPY files. */
  readonly allValues?: boolean;
  /** Whether a map of features is made; it is by default. */
  readonly map?: boolean | undefined;
  readonly onIteration?: (iteration: number, gradientMaxNorm: number) => void;
}

/**
 * Explains inputs by training points, and writes result and report.
 * @throws InputError when model, data and inputs do not fit together, or the folder cannot be written
 */
export async function representerToFolder(request: RepresenterRequest): Promise<RepresenterResult> {
  const { out, runtime, onNotice, onIteration } = request;
  const options = withDefaults(REPRESENTER_DEFAULTS, request.options);
  // Before anything costly.
  checkSettings(options.lambda === 'auto' ? FIT_DEFAULTS.lambda : options.lambda, options);
  const layerData = await openLayerData(request);
  try {
    const inputs = await inputsOf(request, layerData);
    const reads = [request.modelPath, request.dataSpec, ...(request.inputs ?? [])];
    const folder = await openResultFolder(out, { force: request.force ?? false, reads });
    const explained = await representer(layerData, inputs, options, { runtime, onNotice, onIteration });
    const { maps } = explained;
    const listed = listedInRepresenter(explained.result);
    const source = featuresOfLayerData(layerData, explained.queries.features);
    const map =
      request.map === false ? undefined : await featureMap(source, { data: layerData.examplesFrom, listed, seed: 0 });
    const whole = { ...explained.result, map };
    const result = request.division?.kind === 'merge' ? withoutTimes(whole) : whole;
    for (const [q, map] of maps.entries()) {
      await folder.write(result.queries[q]!.sensitivity!.file, encodeNpy(map));
    }
    if (request.allValues) await writeAllValues(folder, explained, runtime);
    const report = await representerReport(
      result,
      picturesOf({ train: layerData.pictures, test: layerData.test?.data }, inputs),
      maps,
    );
    const context = listContext(result.classNames, layerData.examplesFrom);
    await publish(folder, result, representerLists(result, context), report);
    return result;
  } finally {
    await layerData.release();
  }
}

/** Writes `alpha.npy` [points, scores], `self-values.npy` [points], and `query-<i>/values.npy` [points, scores]. */
async function writeAllValues(folder: ResultFolder, { fitted, queries }: Representer, runtime: Runtime): Promise<void> {
  const { points: set } = fitted;
  const { rows } = set.features;
  const { outputs, alpha } = set;
  await folder.write('alpha.npy', encodeNpy({ shape: [rows, outputs], data: alpha }));
  await folder.write('self-values.npy', encodeNpy({ shape: [rows], data: selfValues(set) }));
  const points = openPoints(set, runtime);
  try {
    const { columns, data, rows: count } = queries.features;
    for (let q = 0; q < count; q++) {
      const values = await points.allValues(rowOf(data, columns, q));
      await folder.write(`query-${q}/values.npy`, encodeNpy({ shape: [rows, outputs], data: values }));
    }
  } finally {
    await points.release();
  }
}

async function inputsOf(
  { inputs, inputSplit, onNotice }: RepresenterRequest,
  { pictures, preprocessing }: LayerData,
): Promise<Input[]> {
  if (inputs.length === 0) return [];
  const split = inputSplit ?? 'test';
  const shape = pictures?.kind === 'image' ? pictures.shape : undefined;
  return readInputs(inputs, { ...preprocessing, onNotice, split, shape });
}
