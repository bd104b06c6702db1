/** What a network says of the labels of its training examples at one moment. */
import type { ActivationName } from '../../representer/losses/registry.js';
import { activated } from '../../representer/fit/objective.js';
import { indexOfMax } from '../../../numeric/vectors.js';

/** Margins, losses and classes of all examples. */
export interface NetworkSays {
  /** z_y − max_{k ≠ y} z_k of the scores, [rows]. */
  readonly margins: Float64Array;
  /** −log of the probability of the label, [rows]. */
  readonly losses: Float64Array;
  /** The class with the highest score, [rows]. */
  readonly given: Int32Array;
}

/** @param scores of the last layer, [rows, outputs]; a single one is the score of class 1, that of class 0 is 0 */
export function networkSays(
  scores: Float32Array | Float64Array,
  labels: Int32Array,
  outputs: number,
  activation: ActivationName,
): NetworkSays {
  const probabilities = activated(scores, outputs, activation);
  const margins = new Float64Array(labels.length);
  const losses = new Float64Array(labels.length);
  const given = new Int32Array(labels.length);
  labels.forEach((label, i) => {
    if (outputs === 1) {
      const [score, p] = [scores[i]!, probabilities[i]!];
      margins[i] = label === 1 ? score : -score;
      losses[i] = surprise(label === 1 ? p : 1 - p);
      given[i] = score > 0 ? 1 : 0;
      return;
    }
    const row = scores.subarray(i * outputs, (i + 1) * outputs);
    let other = -Infinity;
    row.forEach((score, k) => {
      if (k !== label) other = Math.max(other, score);
    });
    margins[i] = row[label]! - other;
    losses[i] = surprise(probabilities[i * outputs + label]!);
    given[i] = indexOfMax(row);
  });
  return { margins, losses, given };
}

function surprise(p: number): number {
  return -Math.log(Math.max(p, Number.MIN_VALUE));
}
