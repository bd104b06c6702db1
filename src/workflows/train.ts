/** From paths to a training: opens model and data, fills in what was left open, makes or continues the run. */
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.js';
import { metadataNormalization, normalizationFor, recordNormalization } from '../data/model-normalization.js';
import { openDataset, type OpenOptions } from '../data/open-dataset.js';
import type { Preprocessing } from '../data/preprocessing.js';
import { openRemembered } from '../data/remembered.js';
import { InputError, inPlace } from '../errors.js';
import { checkOutput } from '../files.js';
import { fillInputs } from '../graph/passes/fill-inputs.js';
import { prepareModel } from '../graph/prepare.js';
import { elementTypeName } from '../onnx/element-type.js';
import { readModelFile } from '../onnx/file.js';
import { feedsOf, graphOf, type Model } from '../onnx/model.js';
import { readManifest, RUN_FILES, type RunInput, type RunManifest } from '../run/manifest.js';
import type { Runtime } from '../runtime/runtime.js';
import { checkOptions, defaultGhostSize, type TrainOptions } from '../train/options.js';
import type { TrainProgress } from '../train/setup.js';
import { train } from '../train/train.js';

/** What the user asked for. */
export interface StartRequest {
  readonly modelPath?: string | undefined;
  readonly dataSpec?: string | undefined;
  readonly runDirectory: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  /** Continue the run in the folder; model, data and options are then the run's own. */
  readonly resume?: boolean;
  readonly input: Preprocessing;
  /** `ghostSize` follows sampler and model where it is left out. */
  readonly options: Omit<TrainOptions, 'ghostSize'> & { readonly ghostSize?: number | undefined };
  readonly runtime: Runtime;
  readonly onProgress?: (progress: TrainProgress) => void;
  readonly onNotice?: (line: string) => void;
}

/**
 * Trains a model from its file on a data set from its place.
 * @returns the run's final manifest
 * @throws InputError as `train` does, and for files that cannot be used
 */
export async function startTraining(request: StartRequest): Promise<RunManifest> {
  return request.resume ? continueRun(request) : beginRun(request);
}

async function beginRun(request: StartRequest): Promise<RunManifest> {
  const { modelPath, dataSpec, runDirectory, runtime } = request;
  if (modelPath === undefined) throw new InputError('`model` is missing: name the .onnx file to train');
  if (dataSpec === undefined) throw new InputError('`data` is missing: name the training data');
  const source = await readModelFile(modelPath);
  const { mean, std, ...shaping } = request.input;
  const known = metadataNormalization(source.model);
  const open = { ...shaping, mean: mean ?? known.mean, std: std ?? known.std, onNotice: request.onNotice };
  const trainSet = await openDataset(dataSpec, { ...open, split: 'train' });
  const testSet = await openTest(dataSpec, open);
  const feed = theInput(source.model, modelPath, request.onNotice);
  const exampleDims = { [feed]: trainSet.shape };
  const model = await inPlace(modelPath, () => prepareModel(source.model, runtime, exampleDims));
  let input: RunInput = shaping;
  if (trainSet.elementType === 'uint8' && takesReals(model)) {
    const normalization = normalizationFor(model, { mean, std });
    recordNormalization(model, normalization);
    input = { ...shaping, normalization };
  }
  await checkOutput(runDirectory, request.force ?? false);
  return train({
    model,
    source: { path: modelPath, sha256: source.sha256 },
    train: trainSet,
    test: testSet,
    input,
    options: withGhosts(request.options, model, trainSet),
    runDirectory,
    runtime,
    ...(request.onProgress ? { onProgress: request.onProgress } : {}),
    ...(request.onNotice ? { onNotice: request.onNotice } : {}),
  });
}

/** The input that takes the examples. */
function theInput(model: Model, modelPath: string, onNotice: StartRequest['onNotice']): string {
  const names = feedsOf(graphOf(model)).map(({ name }) => name);
  const left = feedsOf(graphOf(fillInputs(model))).map(({ name }) => name);
  if (left.length !== 1) {
    const what = left.length === 0 ? 'no input' : `${left.length} inputs (${left.join(', ')})`;
    throw new InputError(
      `${modelPath}: the model takes ${what}, but a data set has one array of examples; export it with one input`,
    );
  }
  const filled = names.filter((name) => !left.includes(name));
  if (filled.length > 0) {
    onNotice?.(`${filled.join(' and ')} follow from ${left[0]}: token 0 is padding, and all tokens are of type 0`);
  }
  return left[0]!;
}

async function continueRun(request: StartRequest): Promise<RunManifest> {
  const { runDirectory, runtime, onProgress, onNotice } = request;
  const manifest = await readManifest(runDirectory);
  if (manifest.status === 'finished') {
    throw new InputError(`${runDirectory}: the training is finished (${manifest.steps} steps); nothing to resume`);
  }
  const options = manifest.options as unknown as TrainOptions;
  await inPlace(join(runDirectory, RUN_FILES.manifest), () => checkOptions(options));
  const { normalization, ...shaping } = manifest.input;
  const open = { ...shaping, ...normalization, onNotice };
  const trainSet = await openRemembered(manifest.data, runDirectory, { ...open, split: 'train' }, request.dataSpec);
  if (trainSet.fingerprint !== manifest.data.fingerprint) {
    throw new InputError(`${manifest.data.spec}: the data changed since the run began; restore them to resume`);
  }
  const testSet = await openTest(trainSet.path ?? trainSet.spec, open);
  const { model } = await readModelFile(join(runDirectory, RUN_FILES.initial));
  return train({
    model,
    source: manifest.model,
    train: trainSet,
    test: testSet,
    input: manifest.input,
    options,
    runDirectory,
    resume: manifest,
    runtime,
    ...(onProgress ? { onProgress } : {}),
    ...(onNotice ? { onNotice } : {}),
  });
}

async function openTest(spec: string, open: OpenOptions): Promise<Dataset | undefined> {
  try {
    return await openDataset(spec, { ...open, split: 'test' });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    open.onNotice?.(`no test accuracy will be shown: ${error.message}`);
    return undefined;
  }
}

/** Whole numbers (tokens) are fed as they are. */
function takesReals(model: Model): boolean {
  const type = elementTypeName(feedsOf(graphOf(model))[0]?.type?.tensorType?.elemType ?? 0);
  return type === 'float32' || type === 'float64';
}

function withGhosts(options: StartRequest['options'], model: Model, data: Dataset): TrainOptions {
  const hasBatchNorm = graphOf(model).node.some(({ opType }) => opType === 'BatchNormalization');
  const { sampler, batchSize } = options;
  const ghostSize = options.ghostSize ?? defaultGhostSize(sampler, batchSize, data.classNames.length, hasBatchNorm);
  return { ...options, ghostSize };
}
