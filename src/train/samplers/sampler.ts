/** How training examples are put into batches. */
import type { Random } from '../../numeric/random.js';

/** One training step's rows. */
export interface Batch {
  /** Examples whose loss is taken. */
  readonly examples: Int32Array;
  /** Examples that only take part in batch-norm statistics. */
  readonly ghosts: Int32Array;
  /** The class of all examples, or −1 where they mix. */
  readonly label: number;
}

/** What is sampled from. */
export interface SamplingTask {
  /** Class of every training example. */
  readonly labels: Int32Array;
  /** Number of classes. */
  readonly classes: number;
  /** Rows of a batch, ghosts included (as [Pfahler & Morik 2021] count: 128 = 88 examples + 40 ghosts). */
  readonly batchSize: number;
  /** Ghost rows of a batch. */
  readonly ghostSize: number;
}

/** A way of sampling: one file beside this one, one line in `registry.ts`. */
export interface Sampler {
  readonly name: string;
  /** Plans an epoch: every example is in exactly one batch. The plan depends on nothing but its arguments. */
  planEpoch(task: SamplingTask, random: Random): Batch[];
}
