/** Which steps a training runs, in what order, and how many of them go into one call. */
import { seededRandom } from '../numeric/random.js';
import { learningRateAt, type TrainOptions } from './options.js';
import { takingPart } from '../data/corrections/taking-part.js';
import type { Dataset } from '../data/dataset.js';
import { SAMPLERS } from './samplers/registry.js';
import type { SamplingTask } from './samplers/sampler.js';
import type { PlannedStep } from './trainer.js';

/** Purposes of random streams: kept apart so that one use never shifts another. */
const STREAM = { sampling: 1, dropout: 2 } as const;

/** What is planned for. */
export type PlannedTask = Pick<Dataset, 'labels' | 'dropped'> & Pick<SamplingTask, 'classes'>;

/** @param classes how many the model has */
export function taskOf({ labels, dropped }: Pick<Dataset, 'labels' | 'dropped'>, classes: number): PlannedTask {
  return { labels, dropped, classes };
}

/**
 * The steps of one epoch: a pure function of the options and the epoch, so that a resumed training plans the same.
 * @param epoch from 0
 * @param firstStep number of the epoch's first step
 */
export function planEpoch(
  options: TrainOptions,
  { labels, dropped, classes }: PlannedTask,
  epoch: number,
  firstStep: number,
): PlannedStep[] {
  const { batchSize, ghostSize, seed } = options;
  // Samplers know no gaps: what is dropped is not there for them.
  const members = takingPart({ length: labels.length, dropped });
  const batches = SAMPLERS[options.sampler].planEpoch(
    { labels: members.map((index) => labels[index]!), classes, batchSize, ghostSize },
    seededRandom(seed, STREAM.sampling, epoch),
  );
  const inSplit = (rows: Int32Array) => rows.map((row) => members[row]!);
  const dropout = seededRandom(seed, STREAM.dropout, epoch);
  const learningRate = learningRateAt(options, epoch);
  return batches.map((batch, i) => ({
    ...batch,
    examples: inSplit(batch.examples),
    ghosts: inSplit(batch.ghosts),
    step: firstStep + i,
    learningRate,
    seed: dropout.below(2 ** 32) | 0,
  }));
}

/** A call should take about this long: short enough for progress to be alive, long enough for its overhead to vanish. */
const CALL_SECONDS = 1;

/** Updates that one call may bring out of the graph, in bytes. */
const CALL_BYTES = 2 ** 26;

/** Decides how many steps go into one call. What is computed does not depend on it. */
export interface CallSize {
  /** Steps for the next call. */
  next(): number;
  /** Learns from a call that was made. */
  record(steps: number, seconds: number): void;
}

/** @param bytesPerStep size of the updates that come out of each step */
export function callSize(bytesPerStep: number): CallSize {
  const most = Math.max(1, Math.floor(CALL_BYTES / Math.max(1, bytesPerStep)));
  let size = Math.min(8, most);
  return {
    next: () => size,
    record: (steps, seconds) => {
      const fitting = Math.round((CALL_SECONDS * steps) / Math.max(seconds, 1e-6));
      size = Math.max(1, Math.min(most, fitting, 4 * size));
    },
  };
}

/** A segment of the log ends after this many bytes of updates, uncompressed. */
const SEGMENT_BYTES = 2 ** 30;

/** … but not before so many steps: each segment of a lossy log ends with a residual as large as one update. */
const SEGMENT_MIN_STEPS = 64;

/** Steps in a segment of the log. It depends on nothing but the model, so that equal runs have equal logs. */
export function segmentSteps(checkpointEvery: number, bytesPerStep: number): number {
  const bySize = Math.max(SEGMENT_MIN_STEPS, Math.floor(SEGMENT_BYTES / Math.max(1, bytesPerStep)));
  return Math.min(checkpointEvery, bySize);
}

/** The next step at which a call must end: a multiple of one of `strides`, or `last`. */
export function nextBoundary(step: number, strides: readonly number[], last: number): number {
  return Math.min(last, ...strides.map((stride) => (Math.floor(step / stride) + 1) * stride));
}
