/** Whether a network has learnt anything: how well guessing does, and how a training stands beside it. */
import type { EpochRecord } from '../run/manifest.js';
import type { LossName } from './losses/registry.js';
import type { SamplerName } from './samplers/registry.js';

/** What a network reaches that says the same for every input. */
export interface Guessing {
  /** The lowest training loss: cross-entropy under the classes' shares. Undefined for other losses. */
  readonly loss: number | undefined;
  /** Test accuracy that guessing exceeds with a probability of a thousandth at most; undefined without a test split. */
  readonly accuracy: number | undefined;
}

/** What guessing is judged by. */
export interface GuessingTask {
  readonly loss: LossName;
  /** Class of every training example, and what its loss is multiplied by. */
  readonly labels: Int32Array;
  readonly weights: Float32Array;
  readonly testLabels: Int32Array | undefined;
  readonly classes: number;
}

/** A training loss must be below that of guessing by this share of it: one epoch's mean over batches is not exact. */
const MARGIN = 0.01;

/** Quantile of the normal distribution that a thousandth lies beyond. */
const THOUSANDTH = 3.09;

/** Steps before which nothing is to be expected. */
const EARLIEST = 20;

/** How well guessing does. */
export function guessing({ loss, labels, weights, testLabels, classes }: GuessingTask): Guessing {
  const byClass = new Float64Array(classes);
  labels.forEach((label, i) => (byClass[label]! += weights[i]!));
  const total = byClass.reduce((sum, weight) => sum + weight, 0);
  const entropy = byClass.reduce((sum, weight) => (weight > 0 ? sum - weight * Math.log(weight / total) : sum), 0);
  return {
    loss: loss === 'cross-entropy' ? entropy / labels.length : undefined,
    accuracy: testLabels && bestGuess(testLabels, classes),
  };
}

/** Share of the largest class, and what chance may add to it (normal approximation of the binomial distribution). */
function bestGuess(labels: Int32Array, classes: number): number {
  const counts = new Uint32Array(classes);
  for (const label of labels) if (label < classes) counts[label]!++;
  const share = counts.reduce((most, count) => Math.max(most, count), 0) / labels.length;
  return Math.min(1, share + THOUSANDTH * Math.sqrt((share * (1 - share)) / labels.length));
}

/**
 * Whether a network does no better than guessing after an epoch. Where batches hold one class, the loss of a step says how
 * the class before it was overcome, so that the test split alone decides if there is one; elsewhere both must agree, as
 * running statistics of batch norm may need more than an epoch until the test split shows what was learnt.
 */
export function isAtChance(
  { step, trainLoss, testAccuracy }: Pick<EpochRecord, 'step' | 'trainLoss' | 'testAccuracy'>,
  sampler: SamplerName,
  { loss, accuracy }: Guessing,
): boolean {
  if (step < EARLIEST) return false;
  const byTest = testAccuracy === undefined || accuracy === undefined ? undefined : testAccuracy <= accuracy;
  const byLoss = loss === undefined ? undefined : !(trainLoss < (1 - MARGIN) * loss);
  if (sampler !== 'shuffled' && byTest !== undefined) return byTest;
  return [byTest, byLoss].some((found) => found !== undefined) && byTest !== false && byLoss !== false;
}
