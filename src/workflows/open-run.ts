/** A run opened as it was when it was trained: to go on with it, or to replay it. */
import { join } from '../storage/paths.js';
import type { OpenedClassifier } from '../classifier/open.js';
import type { Dataset } from '../data/dataset.js';
import { openDataset, type OpenOptions } from '../data/open-dataset.js';
import { openRemembered } from '../data/remembered.js';
import { InputError, inPlace } from '../errors.js';
import { readModelFile } from '../onnx/file.js';
import type { Notice } from '../progress.js';
import { loweringsOfRun, RUN_FILES, type RunManifest } from '../run/manifest.js';
import { checkRunFiles, recordsOf } from '../run/run-files.js';
import { readSampleWeights } from '../run/sample-weights.js';
import type { Runtime } from '../runtime/runtime.js';
import { withThreads } from '../runtime/threads.js';
import { openForTraining } from '../train/open-for-training.js';
import { readOptions } from '../train/options.js';
import type { TrainRequest } from '../train/setup.js';

/** Bytes that states of past steps and what is pulled back over them may take, by default. */
export const REPLAY_MEMORY = 2 ** 30;

/** @throws InputError unless so many bytes can be asked for */
export function checkMemory(bytes: number): void {
  if (!(bytes > 0)) throw new InputError(`\`memory\` ${bytes / 2 ** 20}: expected megabytes, a number above 0`);
}

/** A run by its folder. */
export interface RunRequest {
  readonly runDirectory: string;
  readonly manifest: RunManifest;
  /** The training data, where they are no longer where the run says. */
  readonly dataSpec?: string | undefined;
  readonly runtime: Runtime;
  /** Whether the test split is opened, where there is one; by default it is. */
  readonly withTest?: boolean;
  readonly onNotice?: Notice | undefined;
}

/** What a training starts from. */
export type OpenedRun = Omit<TrainRequest, 'classifier' | 'resume' | 'onProgress'> & {
  readonly classifier: OpenedClassifier;
};

/**
 * Opens the data and the initial model of a run, with a runtime of as many threads as the run was trained with.
 * @throws InputError when the data changed since, or a file of the run did
 */
export async function openRun(request: RunRequest): Promise<OpenedRun> {
  const { runDirectory, manifest, withTest = true, onNotice } = request;
  sayThreads(runDirectory, manifest, request.runtime, onNotice);
  const runtime = withThreads(request.runtime, manifest.threads);
  const options = await inPlace(join(runDirectory, RUN_FILES.manifest), () => readOptions(manifest.options));
  const { normalization, ...shaping } = manifest.input;
  const open = { ...shaping, ...normalization, onNotice };
  const trainSet = await openRemembered(manifest.data, runDirectory, { ...open, split: 'train' }, request.dataSpec);
  if (trainSet.fingerprint !== manifest.data.fingerprint) {
    throw new InputError(`${manifest.data.spec}: the data changed since the run began; restore them to resume`);
  }
  const testSet = withTest ? await openTest(trainSet.path ?? trainSet.spec, open) : undefined;
  await checkRunFiles(runDirectory, recordsOf(manifest, [RUN_FILES.initial]));
  const { model } = await readModelFile(join(runDirectory, RUN_FILES.initial));
  const place = join(runDirectory, RUN_FILES.initial);
  const classifier = await openForTraining(model, place, { ...request, runtime, options }, trainSet, {
    isPrepared: true,
  });
  return {
    model,
    classifier,
    source: manifest.model,
    train: trainSet,
    test: testSet,
    input: manifest.input,
    options,
    sampleWeights: await readSampleWeights(runDirectory, manifest),
    lowerings: loweringsOfRun(manifest),
    runDirectory,
    runtime,
    onNotice,
  };
}

/** Tells that a run is trained again with as many threads as it was trained with, where others were asked for. */
export function sayThreads(
  runDirectory: string,
  { threads }: RunManifest,
  runtime: Runtime,
  onNotice: Notice | undefined,
): void {
  if (threads === undefined || threads === runtime.threads) return;
  onNotice?.(
    `${runDirectory}: trained with \`threads\` ${threads}, and so trained again with as many, not with ${runtime.threads}, for the same numbers`,
  );
}

/** The test split; without one there is a notice. @throws what is no fault of the data */
export async function openTest(spec: string, open: OpenOptions): Promise<Dataset | undefined> {
  try {
    return await openDataset(spec, { ...open, split: 'test' });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    open.onNotice?.(`no test accuracy will be shown: ${error.message}`);
    return undefined;
  }
}
