/** From paths to a training: opens model and data, fills in what was left open, makes or continues the run. */
import { join } from 'node:path';
import { examine } from '../classifier/examine.js';
import { firstExamples } from '../classifier/feeds.js';
import {
  openClassifier,
  type OpenClassifier,
  type OpenedClassifier,
  type InterfaceChoice,
} from '../classifier/open.js';
import type { Dataset } from '../data/dataset.js';
import { knownPreprocessing, recordNormalization } from '../data/model-normalization.js';
import { openDataset, type OpenOptions } from '../data/open-dataset.js';
import { readNumbers } from '../data/npy/file.js';
import type { Preprocessing } from '../data/preprocessing.js';
import { openRemembered } from '../data/remembered.js';
import { InputError, inPlace } from '../errors.js';
import { checkOutput } from '../files.js';
import { requireFreeBatch } from '../graph/batch.js';
import { namesIn } from '../log/format/segment.js';
import { readModelFile } from '../onnx/file.js';
import { graphOf, type Model } from '../onnx/model.js';
import { checkBeginning, isNotBegun } from '../run/clean.js';
import { LOCK_FILE } from '../run/lock-file.js';
import { RUN_FILES, type RunInput, type RunManifest } from '../run/manifest.js';
import { earlierResize } from '../run/earlier-resize.js';
import { readSampleWeights } from '../run/sample-weights.js';
import { readManifest } from '../run/manifest-file.js';
import type { Runtime } from '../runtime/runtime.js';
import { checkRunFiles, recordsOf } from '../run/run-files.js';
import { defaultGhostSize, readOptions, TRAIN_DEFAULTS, type TrainOptions } from '../train/options.js';
import type { TrainProgress } from '../train/setup.js';
import type { LossName } from '../train/losses/registry.js';
import { sampleWeights, type ClassWeights } from '../train/sample-weights.js';
import { train } from '../train/train.js';
import { withDefaults } from '../defaults.js';
import type { Notice } from '../progress.js';

/** Model and data by name, the folder of the run, and how to train. */
export interface StartRequest {
  readonly modelPath?: string | undefined;
  readonly dataSpec?: string | undefined;
  readonly runDirectory: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  /** Continue the run in the folder; model, data and options are then the run's own. */
  readonly resume?: boolean;
  readonly input?: Preprocessing;
  /** Those of `TRAIN_DEFAULTS` where they are left out; `ghostSize` then follows sampler and model. */
  readonly options?: Partial<TrainOptions>;
  /** What the loss of each training example is multiplied by: an NPY file, or the numbers, in the order of the data. */
  readonly sampleWeights?: string | ArrayLike<number> | undefined;
  /** The same by class. */
  readonly classWeights?: ClassWeights | undefined;
  readonly runtime: Runtime;
  readonly onProgress?: (progress: TrainProgress) => void;
  readonly onNotice?: Notice | undefined;
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
  const { modelPath, dataSpec, runDirectory, runtime, input: preprocessing = {} } = request;
  if (modelPath === undefined) throw new InputError('`model` is missing: name the .onnx file to train');
  if (dataSpec === undefined) throw new InputError('`data` is missing: name the training data');
  const source = await readModelFile(modelPath);
  const { mean, std, ...shaping } = preprocessing;
  const chosen = { ...withDefaults(TRAIN_DEFAULTS, request.options), ghostSize: request.options?.ghostSize };
  const open = { ...knownPreprocessing(source.model, preprocessing), onNotice: request.onNotice };
  const trainSet = await openDataset(dataSpec, { ...open, split: 'train' });
  const testSet = await openTest(dataSpec, open);
  const classifier = await opened(source.model, modelPath, { ...request, options: chosen }, trainSet, {
    preprocessing: { mean, std },
  });
  const { prepared: model } = classifier;
  await inPlace(modelPath, () => requireFreeBatch(model));
  let input: RunInput = shaping;
  if (trainSet.elementType === 'uint8' && classifier.normalization) {
    recordNormalization(model, classifier.normalization);
    input = { ...shaping, normalization: classifier.normalization };
  }
  const weights = await weightsFor(request, trainSet);
  await checkOutput(runDirectory, true);
  const read = [
    modelPath,
    trainSet.path ?? dataSpec,
    ...(isPath(request.sampleWeights) ? [request.sampleWeights] : []),
  ];
  await checkBeginning(runDirectory, request.force ?? false, read);
  return train({
    model,
    classifier,
    source: { path: modelPath, sha256: source.sha256 },
    train: trainSet,
    test: testSet,
    input,
    options: withGhosts(chosen, model, trainSet),
    sampleWeights: weights,
    runDirectory,
    runtime,
    onProgress: request.onProgress,
    onNotice: request.onNotice,
  });
}

function isPath(weights: StartRequest['sampleWeights']): weights is string {
  return typeof weights === 'string';
}

async function weightsFor(request: StartRequest, data: Dataset): Promise<Float32Array | undefined> {
  const { sampleWeights: given, classWeights: classes } = request;
  const samples = isPath(given) ? await readNumbers(given) : given;
  return sampleWeights(data, { samples, classes });
}

/** The model opened for the training examples. */
async function opened(
  model: Model,
  place: string,
  {
    runtime,
    options,
    onNotice,
  }: Pick<StartRequest, 'runtime' | 'onNotice'> & { readonly options: InterfaceChoice & { readonly loss: LossName } },
  data: Dataset,
  how: Pick<OpenClassifier, 'preprocessing' | 'isPrepared'>,
): Promise<OpenedClassifier> {
  const { inputShape, output, at, loss } = options;
  const found = await openClassifier(model, {
    ...how,
    runtime,
    place,
    form: data,
    examples: data.spec,
    classes: data.classNames.length,
    inputShape,
    output,
    at,
    keepWeights: true,
    rollsUp: true,
    onNotice,
  });
  if (found.activation === 'sigmoid' && found.outputs > 1 && loss === 'cross-entropy') {
    onNotice?.('the model ends in a sigmoid for each class, which `loss` binary-cross-entropy goes with');
  }
  const tried = await firstExamples(found, data);
  return (await examine(found, tried, runtime, onNotice)).classifier;
}

async function continueRun(request: StartRequest): Promise<RunManifest> {
  const { runDirectory, runtime, onProgress, onNotice } = request;
  await checkBegun(runDirectory);
  const manifest = await readManifest(runDirectory);
  if (manifest.status === 'finished') {
    throw new InputError(`${runDirectory}: the training is finished (${manifest.steps} steps); nothing to resume`);
  }
  const earlier = earlierResize(runDirectory, manifest);
  if (earlier !== undefined) onNotice?.(earlier);
  const options = await inPlace(join(runDirectory, RUN_FILES.manifest), () => readOptions(manifest.options));
  const { normalization, ...shaping } = manifest.input;
  const open = { ...shaping, ...normalization, onNotice };
  const trainSet = await openRemembered(manifest.data, runDirectory, { ...open, split: 'train' }, request.dataSpec);
  if (trainSet.fingerprint !== manifest.data.fingerprint) {
    throw new InputError(`${manifest.data.spec}: the data changed since the run began; restore them to resume`);
  }
  const testSet = await openTest(trainSet.path ?? trainSet.spec, open);
  await checkRunFiles(runDirectory, recordsOf(manifest, [RUN_FILES.initial]));
  const { model } = await readModelFile(join(runDirectory, RUN_FILES.initial));
  const place = join(runDirectory, RUN_FILES.initial);
  const classifier = await opened(model, place, { ...request, options }, trainSet, { isPrepared: true });
  return train({
    model,
    classifier,
    source: manifest.model,
    train: trainSet,
    test: testSet,
    input: manifest.input,
    options,
    sampleWeights: await readSampleWeights(runDirectory, manifest),
    runDirectory,
    resume: manifest,
    runtime,
    onProgress,
    onNotice,
  });
}

/** @throws InputError when a training was killed before there was anything to continue */
async function checkBegun(runDirectory: string): Promise<void> {
  const names = await namesIn(runDirectory).catch((): string[] => []);
  const left = names.includes(RUN_FILES.manifest) || names.includes(LOCK_FILE);
  if (!left || !(await isNotBegun(runDirectory, names))) return;
  throw new InputError({
    file: runDirectory,
    problem: 'the training was stopped before its first step, so there is nothing to resume',
    mend: 'begin it again, with the model and the data and without `resume`',
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

function withGhosts(
  options: Omit<TrainOptions, 'ghostSize'> & { readonly ghostSize: number | undefined },
  model: Model,
  data: Dataset,
): TrainOptions {
  const hasBatchNorm = graphOf(model).node.some(({ opType }) => opType === 'BatchNormalization');
  const { sampler, batchSize } = options;
  const ghostSize = options.ghostSize ?? defaultGhostSize(sampler, batchSize, data.classNames.length, hasBatchNorm);
  return { ...options, ghostSize };
}
