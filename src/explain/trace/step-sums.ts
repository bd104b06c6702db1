/**
 * Sums over the steps, by example and by class. A batch's γ belongs to its examples in equal parts, or as they weigh in the
 * loss; ghosts get nothing. It belongs to a class where all examples are of that class; which class of a mixed batch it belongs to, γ does not say.
 */
import type { Similarity, StepUse } from './step-use.js';

/** Sums over the steps so far. */
export interface StepSums {
  /** Γ of every training example. */
  readonly gammas: Float64Array;
  /** What ranks every training example; the same array where that is γ. */
  readonly ranks: Float64Array;
  /** Σ γ over the steps of each class. */
  readonly classes: Float64Array;
  /** Σ γ over the steps whose batch held several classes. */
  mixed: number;
}

/** Sums of no step. @param examples how many training examples there are */
export function createStepSums(examples: number, classes: number, similarity: Similarity): StepSums {
  const gammas = new Float64Array(examples);
  const ranks = similarity === 'dot' ? gammas : new Float64Array(examples);
  return { gammas, ranks, classes: new Float64Array(classes), mixed: 0 };
}

/** Adds a step. @param rank what it adds to the ranks */
export function addStep(sums: StepSums, use: StepUse, gamma: number, rank: number): void {
  deal(sums.gammas, use, gamma);
  if (sums.ranks !== sums.gammas) deal(sums.ranks, use, rank);
  if (use.batchClass === null) sums.mixed += gamma;
  else sums.classes[use.batchClass]! += gamma;
}

/** Adds a step's value to its examples, in equal parts or as they weigh. */
export function deal(
  to: Float64Array,
  { examples, shares }: Pick<StepUse, 'examples' | 'shares'>,
  value: number,
): void {
  const part = value / examples.length;
  examples.forEach((index, i) => (to[index]! += shares ? value * shares[i]! : part));
}

/** What float32 loses of a γ, relative to the largest. */
const ROUNDING = 2 ** -20;

/** Values minus their mean over reference inputs; 0 where no more than rounding is left. @param scale of the mean */
export function contrastOf(values: Float64Array, mean: Float64Array, scale: number): Float64Array {
  const least = ROUNDING * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.map((value, index) => {
    const contrast = value - scale * mean[index]!;
    return Math.abs(contrast) > least ? contrast : 0;
  });
}
