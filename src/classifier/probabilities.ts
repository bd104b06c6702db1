/** From scores to probabilities. */
import { InputError } from '../errors.js';
import { sigmoid, softmax } from '../numeric/probabilities.js';
import type { Activation } from './ending.js';

/** A class and its probability. */
export interface Probability {
  readonly class: number;
  readonly probability: number;
}

/**
 * Probabilities of all classes, most probable first, as the model gives them: a sigmoid each where it ends in one, else a
 * softmax of the scores; of a single score s, class 1 has σ(s).
 * @param scores class scores of one example
 * @throws InputError when a score is not a number
 */
export function probabilitiesOf(scores: ArrayLike<number>, activation: Activation = 'none'): Probability[] {
  const independent = activation === 'sigmoid' && scores.length > 1;
  const probabilities = independent
    ? Array.from(scores, sigmoid)
    : Array.from(softmax(scores.length === 1 ? [0, scores[0]!] : scores));
  if (probabilities.length === 0 || !probabilities.every(Number.isFinite)) {
    throw new InputError('the model’s class scores are not numbers; was its training cut short?');
  }
  return probabilities
    .map((probability, index) => ({ class: index, probability }))
    .sort((a, b) => b.probability - a.probability || a.class - b.class);
}
