/** A run opened to be measured: its weights at every step, its images, and what its losses are computed on. */
import { join } from '../storage/paths.js';
import type { Classifier } from '../classifier/classifier.js';
import { asFed } from '../classifier/feeds.js';
import { chosenExamples } from '../data/chosen.js';
import { takingPart } from '../data/corrections/taking-part.js';
import type { Dataset, Split } from '../data/dataset.js';
import { scaleAndOffset } from '../data/normalization.js';
import { openDataset } from '../data/open-dataset.js';
import { InputError } from '../errors.js';
import { drawExamples, drawPerClass } from '../explain/trends/draw.js';
import { openLog, type DeltaLog } from '../log/read/reader.js';
import { graphOf } from '../onnx/model.js';
import type { Notice } from '../progress.js';
import { coarseTensors, loggedWeights, replayedWeights, type Weights, type WeightsAt } from '../replay/weights.js';
import type { TrendsImage } from '../results/trends.js';
import { loggedColumns, RUN_FILES, type RunManifest } from '../run/manifest.js';
import { checkRunFiles, recordsOf } from '../run/run-files.js';
import type { Runtime } from '../runtime/runtime.js';
import { withThreads } from '../runtime/threads.js';
import { elementCount } from '../tensor.js';
import { initialState } from '../train/carried-state.js';
import { readCheckpoint } from '../train/checkpoint.js';
import { createEvaluator, type Evaluator } from '../train/evaluation.js';
import { runningVariances } from '../train/ghost-batch-norm.js';
import { createPool } from '../train/pool.js';
import { trainedParameters } from '../train/setup.js';
import { carriedBy } from '../train/step.js';
import { openRun, sayThreads, type OpenedRun } from './open-run.js';
import { openForTraining } from '../train/open-for-training.js';

/** The run's weights over its training. */
export interface RunWeights {
  readonly source: 'log' | 'replay';
  /** Names of those that training changed. */
  readonly changing: readonly string[];
  readonly initial: Weights;
  readonly log: DeltaLog;
  /** Steps of the checkpoints that were kept; the last is the run's last step. */
  readonly checkpoints: readonly number[];
  checkpoint(step: number): Promise<Weights>;
  walk(steps: readonly number[]): AsyncIterable<WeightsAt>;
}

/** A run, opened. */
export interface TrendsRun extends OpenedRun {
  readonly test: Dataset;
  /** With all steps of loops written out, as attribution takes it. */
  readonly explained: Classifier;
  readonly weights: RunWeights;
}

/** Which run, and how it is opened. */
export interface TrendsRunRequest {
  readonly runDirectory: string;
  readonly manifest: RunManifest;
  readonly dataSpec?: string | undefined;
  readonly runtime: Runtime;
  readonly allowDrift?: boolean | undefined;
  readonly onNotice?: Notice | undefined;
}

/**
 * Opens a finished run.
 * @throws InputError where it has no log, is not finished, or its data have no test split
 */
export async function openTrendsRun(request: TrendsRunRequest): Promise<TrendsRun> {
  const { runDirectory, manifest, runtime, onNotice } = request;
  // Only a replay needs as many threads as the training had.
  const asTrained = withThreads(runtime, manifest.threads);
  const run = await openRun({ ...request, runtime: asTrained, withTest: false });
  const { normalization, ...shaping } = manifest.input;
  const test = await openDataset(run.train.path ?? run.train.spec, {
    ...shaping,
    ...normalization,
    split: 'test',
    onNotice,
  });
  const place = join(runDirectory, RUN_FILES.initial);
  const opened = await openForTraining(run.model, place, { runtime, options: run.options }, run.train, {
    isPrepared: true,
    rollsUp: false,
  });
  const weights = await openWeights(run, request);
  if (weights.source === 'replay') sayThreads(runDirectory, manifest, runtime, onNotice);
  return { ...run, test, explained: { ...opened, normalization }, weights };
}

/** @throws InputError where a run is not finished, or has no log or no steps */
export function checkMeasurable(runDirectory: string, manifest: RunManifest): void {
  const { status, steps } = manifest;
  if (status === 'running') {
    throw new InputError({
      file: runDirectory,
      problem: `its training is not finished (${steps} steps are safe)`,
      mend: 'wait for it, or go on with train --resume if it was stopped',
    });
  }
  if (steps === 0) {
    throw new InputError({ file: runDirectory, problem: 'the run has no steps', mend: 'train it first' });
  }
  if (loggedColumns(manifest).length > 0) return;
  throw new InputError({
    file: runDirectory,
    problem: 'the run was trained without a log, so that its weights at each step are not known',
    mend: 'train it again with one',
  });
}

async function openWeights(run: OpenedRun, request: TrendsRunRequest): Promise<RunWeights> {
  const { runDirectory, manifest, onNotice } = request;
  const { classifier, model, options } = run;
  const parameters = trainedParameters(model, classifier);
  const carried = carriedBy(classifier, { parameters, optimizer: options.optimizer })
    .filter(({ weight }) => weight !== undefined)
    .map((tensor) => ({ ...tensor, input: tensor.name, output: tensor.name }));
  const changing = carried.map(({ name }) => name);
  const log = await openLog(runDirectory, manifest);
  for (const warning of log.warnings) onNotice?.(warning);
  const logged = new Set(log.layers.flatMap(({ tensors }) => tensors.map(({ name }) => name)));
  const coarse = new Set(coarseTensors(log));
  const missing = changing.find((name) => !logged.has(name) || coarse.has(name));
  const initial = initialState(classifier.model, carried);
  if (missing !== undefined) {
    const why = coarse.has(missing) ? 'is logged as factors only' : 'is not in the log';
    onNotice?.(`${runDirectory}: "${missing}" ${why}, so the training is run again to have its values`);
  }
  return {
    source: missing === undefined ? 'log' : 'replay',
    changing,
    initial,
    log,
    checkpoints: manifest.checkpoints.map(({ step }) => step),
    checkpoint: async (step) => {
      const record = manifest.checkpoints.find((each) => each.step === step)!;
      await checkRunFiles(runDirectory, recordsOf(manifest, [record.model, record.state]));
      return readCheckpoint(runDirectory, record, carried);
    },
    walk: (steps) =>
      missing === undefined
        ? loggedWeights(log, initial, steps, runningVariances(graphOf(model)))
        : replayedWeights({ ...run, manifest, allowDrift: request.allowDrift }, steps),
  };
}

/** Images that are explained. */
export interface DrawnImages {
  readonly images: readonly TrendsImage[];
  readonly names: readonly string[];
  /** As stored, and as the model takes them. */
  readonly stored: readonly { readonly data: Uint8Array | Float32Array }[];
  readonly xs: readonly Float32Array[];
  readonly labels: readonly number[];
}

/** Draws so many images of each class from either split. */
export async function drawImages(
  { train, test, explained }: TrendsRun,
  count: number,
  seed: number,
): Promise<DrawnImages> {
  const parts: DrawnImages[] = [];
  for (const data of [train, test]) {
    const { split, labels, classNames, shape, name, origin } = data;
    const members = takingPart(data);
    const learnt = members.map((index) => labels[index]!);
    const indices = drawPerClass(learnt, count, split, seed).map((i) => members[i]!);
    const all = await data.examples(indices);
    const size = elementCount(shape);
    const stored = indices.map((_, i) => ({ data: all.slice(i * size, (i + 1) * size) }));
    const names = indices.map((index) => {
      const { file, row } = origin(index);
      return file !== undefined && row === undefined ? file : `${name}@${index} (${split})`;
    });
    parts.push({
      images: indices.map((index) => {
        const label = labels[index]!;
        return { split, index, class: label, label: classNames[label] ?? String(label), ...origin(index) };
      }),
      names,
      stored,
      xs: stored.map(({ data: values }, i) => asFed(explained, values, shape, names[i]!)),
      labels: indices.map((index) => labels[index]!),
    });
  }
  const both = <K extends keyof DrawnImages>(key: K) =>
    parts.flatMap((part) => [...part[key]]) as DrawnImages[K][number][];
  return {
    images: both('images'),
    names: both('names'),
    stored: both('stored'),
    xs: both('xs'),
    labels: both('labels'),
  };
}

/** Loss and accuracy of some examples, computed with weights that are fed. */
export interface EvaluatedExamples {
  readonly examples: number;
  readonly labels: Int32Array;
  readonly evaluator: Evaluator;
}

/** Evaluators of so many examples of either split. */
export async function openPerformance(
  { train, test, classifier, options, weights, input }: TrendsRun,
  runtime: Runtime,
  count: number,
  seed: number,
): Promise<Record<Split, EvaluatedExamples>> {
  const { normalization } = input;
  const open = async (data: Dataset): Promise<EvaluatedExamples> => {
    const members = takingPart(data);
    const drawn = drawExamples(members.length, count, data.split, seed);
    const chosen = await chosenExamples(
      data,
      drawn.map((i) => members[i]!),
    );
    const pool = createPool(chosen, classifier);
    const stored = {
      storedType: pool.storedType,
      normalization: normalization && scaleAndOffset(normalization, data.shape.length === 3 ? data.shape[0]! : 1),
      loss: options.loss,
    };
    const evaluator = await createEvaluator(classifier, pool, weights.changing, stored, runtime);
    return { examples: chosen.length, labels: chosen.labels, evaluator };
  };
  return { train: await open(train), test: await open(test) };
}
