/**
 * Confident learning ([Northcutt et al. 2021]): which labels out-of-fold probabilities contradict, and how many are wrong.
 */
import { indexOfMax } from '../../../numeric/vectors.js';

/** What out-of-fold probabilities say of the labels. */
export interface ConfidentLabels {
  /** t_j: mean probability of class j over the examples labelled j, [classes]; NaN for a class without examples. */
  readonly thresholds: Float64Array;
  /**
   * The class that each example confidently belongs to, [rows]: of those whose probability reaches their threshold the
   * most probable; −1 where none does.
   */
  readonly confident: Int32Array;
  /** How many labels are estimated to be wrong: the confident joint off its diagonal, calibrated to the label counts. */
  readonly estimatedErrors: number;
}

/**
 * Counts the confident joint of given and likely labels.
 * @param probabilities out of fold, [rows, classes]
 */
export function confidentLabels(probabilities: Float64Array, labels: Int32Array, classes: number): ConfidentLabels {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  labels.forEach((label, i) => {
    sums[label]! += probabilities[i * classes + label]!;
    counts[label]!++;
  });
  const thresholds = sums.map((sum, j) => sum / counts[j]!);
  const joint = new Float64Array(classes * classes);
  const confident = labels.map((label, i) => {
    let best = -1;
    for (let j = 0; j < classes; j++) {
      const p = probabilities[i * classes + j]!;
      if (p >= thresholds[j]! && (best < 0 || p > probabilities[i * classes + best]!)) best = j;
    }
    if (best >= 0) joint[label * classes + best]!++;
    return best;
  });
  // Rows are scaled to the counts of the labels; examples that are of no class for sure are shared out as the others are.
  let estimatedErrors = 0;
  for (let y = 0; y < classes; y++) {
    const row = joint.subarray(y * classes, (y + 1) * classes);
    const sum = row.reduce((a, b) => a + b, 0);
    if (sum > 0) estimatedErrors += (counts[y]! * (sum - row[y]!)) / sum;
  }
  return { thresholds, confident, estimatedErrors };
}

/** The most probable class of every row, [rows]. */
export function likeliest(probabilities: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: probabilities.length / classes }, (_, i) =>
    indexOfMax(probabilities.subarray(i * classes, (i + 1) * classes)),
  );
}

/** What each row gives its own label, [rows]. */
export function ofLabels(probabilities: Float64Array, labels: Int32Array, classes: number): Float64Array {
  return Float64Array.from(labels, (label, i) => probabilities[i * classes + label]!);
}
