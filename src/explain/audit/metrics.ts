/** How well a ranking finds what is wrong. */
import { midRanks } from '../../numeric/statistics.js';

/**
 * Area under the ROC curve: the chance that a wrong example scores above a right one, ties counting half (mid-ranks).
 * NaN where all examples are alike.
 */
export function rocAuc(scores: ArrayLike<number>, wrong: ArrayLike<boolean>): number {
  const ranks = midRanks(scores);
  let positives = 0;
  let rankSum = 0;
  for (let i = 0; i < scores.length; i++) {
    if (!wrong[i]) continue;
    positives++;
    rankSum += ranks[i]!;
  }
  const negatives = scores.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Mean of the precision at each wrong example, in an order that begins with the most suspicious. */
export function averagePrecision(order: ArrayLike<number>, wrong: ArrayLike<boolean>): number {
  let found = 0;
  let sum = 0;
  for (let k = 0; k < order.length; k++) if (wrong[order[k]!]) sum += ++found / (k + 1);
  return found > 0 ? sum / found : NaN;
}

/** Share of the wrong examples among the first `inspected`. */
export function recallAt(order: ArrayLike<number>, wrong: ArrayLike<boolean>, inspected: number): number {
  let found = 0;
  let total = 0;
  for (let k = 0; k < order.length; k++) {
    if (!wrong[order[k]!]) continue;
    total++;
    if (k < inspected) found++;
  }
  return total > 0 ? found / total : NaN;
}

/** Indices by falling score; ties are in the order of `positions`, so that no ranking profits from the data's own order. */
export function suspicionOrder(scores: ArrayLike<number>, positions: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]! || positions[a]! - positions[b]!,
  );
}
