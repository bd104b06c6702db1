/** From paths to a training: opens model and data, fills in what was left open, makes or continues the run. */
import { corrected, type Corrections } from '../data/corrections/corrections.js';
import { readCorrections } from '../data/corrections/read-corrections.js';
import type { Dataset } from '../data/dataset.js';
import { knownPreprocessing, recordNormalization } from '../data/model-normalization.js';
import { openDataset } from '../data/open-dataset.js';
import { readNumbers } from '../data/npy/file.js';
import type { Preprocessing } from '../data/preprocessing.js';
import { countText } from '../data/printable.js';
import { InputError, inPlace } from '../errors.js';
import { checkOutput } from '../files.js';
import { requireFreeBatch } from '../graph/batch.js';
import { namesIn } from '../log/format/segment.js';
import { readModelFile } from '../onnx/file.js';
import { graphOf } from '../onnx/model.js';
import { checkBeginning, isNotBegun } from '../run/clean.js';
import { LOCK_FILE } from '../run/lock-file.js';
import { RUN_FILES, type RunInput, type RunManifest } from '../run/manifest.js';
import { earlierResize } from '../run/earlier-resize.js';
import { readManifest } from '../run/manifest-file.js';
import type { Runtime } from '../runtime/runtime.js';
import { TRAIN_DEFAULTS, type TrainOptions } from '../train/options.js';
import { completeOptions } from '../train/sampler-defaults.js';
import type { TrainProgress } from '../train/setup.js';
import { sampleWeights, type ClassWeights } from '../train/sample-weights.js';
import { train } from '../train/train.js';
import { openRun, openTest } from './open-run.js';
import { openForTraining } from '../train/open-for-training.js';
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
  /** Where they are left out, those of `TRAIN_DEFAULTS`, or what follows from sampler and model. */
  readonly options?: Partial<TrainOptions>;
  /**
   * Files of decisions about training examples, as a report exports them: which are relabelled, and which take no part. Each is
   * about the labels that those before it left.
   */
  readonly labelsFrom?: readonly string[] | undefined;
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
  const { modelPath, dataSpec, runDirectory, labelsFrom, runtime, input: preprocessing = {} } = request;
  if (modelPath === undefined) throw new InputError('`model` is missing: name the .onnx file to train');
  if (dataSpec === undefined) throw new InputError('`data` is missing: name the training data');
  const source = await readModelFile(modelPath);
  const { mean, std } = preprocessing;
  const chosen = withDefaults<Omit<TrainOptions, 'ghostSize'>>(TRAIN_DEFAULTS, request.options);
  const open = { ...knownPreprocessing(source.model, preprocessing), onNotice: request.onNotice };
  const onDisk = await openDataset(dataSpec, { ...open, corrections: undefined, split: 'train' });
  const corrections = labelsFrom === undefined ? preprocessing.corrections : await readCorrections(labelsFrom, onDisk);
  const trainSet = corrections ? corrected(onDisk, corrections) : onDisk;
  const testSet = await openTest(dataSpec, open);
  if (corrections) request.onNotice?.(correctionsText(corrections));
  const classifier = await openForTraining(source.model, modelPath, { ...request, options: chosen }, trainSet, {
    preprocessing: { mean, std },
  });
  const { prepared: model } = classifier;
  await inPlace(modelPath, () => requireFreeBatch(model));
  const normalization = trainSet.elementType === 'uint8' ? classifier.normalization : undefined;
  if (normalization) recordNormalization(model, normalization);
  // In the order of the manifest's schema, so that a run that is resumed writes the same.
  const { resize, channels, labelColumn, classNames } = preprocessing;
  const input: RunInput = { normalization, resize, channels, labelColumn, classNames, corrections };
  const weights = await weightsFor(request, trainSet);
  await checkOutput(runDirectory, true);
  const read = [
    modelPath,
    trainSet.path ?? dataSpec,
    ...(isPath(request.sampleWeights) ? [request.sampleWeights] : []),
    ...(labelsFrom ?? []),
  ];
  await checkBeginning(runDirectory, request.force ?? false, read);
  return train({
    model,
    classifier,
    source: { path: modelPath, sha256: source.sha256 },
    train: trainSet,
    test: testSet,
    input,
    options: completeOptions(request.options ?? {}, {
      classes: trainSet.classNames.length,
      hasBatchNorm: graphOf(model).node.some(({ opType }) => opType === 'BatchNormalization'),
    }),
    sampleWeights: weights,
    runDirectory,
    runtime,
    onProgress: request.onProgress,
    onNotice: request.onNotice,
  });
}

function correctionsText({ relabelled, dropped }: Corrections): string {
  return `${countText(relabelled.length)} training examples get another label, ${countText(dropped.length)} take no part`;
}

function isPath(weights: StartRequest['sampleWeights']): weights is string {
  return typeof weights === 'string';
}

async function weightsFor(request: StartRequest, data: Dataset): Promise<Float32Array | undefined> {
  const { sampleWeights: given, classWeights: classes } = request;
  const samples = isPath(given) ? await readNumbers(given) : given;
  return sampleWeights(data, { samples, classes });
}

async function continueRun(request: StartRequest): Promise<RunManifest> {
  const { runDirectory, onProgress, onNotice } = request;
  if (request.sampleWeights !== undefined || request.classWeights !== undefined) {
    throw new InputError('`sampleWeights`, `classWeights`: a run that is resumed has its own; leave them out');
  }
  if (request.labelsFrom !== undefined) {
    throw new InputError('`labelsFrom`: a run that is resumed has its own labels; leave it out');
  }
  await checkBegun(runDirectory);
  const manifest = await readManifest(runDirectory);
  if (manifest.status === 'finished') {
    throw new InputError(`${runDirectory}: the training is finished (${manifest.steps} steps); nothing to resume`);
  }
  const earlier = earlierResize(runDirectory, manifest);
  if (earlier !== undefined) onNotice?.(earlier);
  return train({
    ...(await openRun({ ...request, manifest })),
    runDirectory,
    resume: manifest,
    onProgress,
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
