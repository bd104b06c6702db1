/** Statistics of numbers, and how two lists of them go together. */
import { risingOrder } from './order.js';

/** The arithmetic mean; 0 of none. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return values.length === 0 ? 0 : sum / values.length;
}

/** The mean, and the standard deviation of a sample (n − 1); 0 of one value. */
export function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number } {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return { mean: middle, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

/** The q-quantile, 0 ≤ q ≤ 1, nearest rank; 0 of none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

/** The middle value, between the two middle ones of an even number. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Pearson's correlation coefficient; 0 where one side is constant. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [a[i]! - meanA, b[i]! - meanB];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? Math.min(1, Math.max(-1, ab / Math.sqrt(aa * bb))) : 0;
}

/** Spearman's rank correlation, with mid-ranks on ties. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(midRanks(a), midRanks(b));
}

/** Ranks from 1, smallest first; equal values share the mean of theirs. */
export function midRanks(values: ArrayLike<number>): Float64Array {
  const order = risingOrder(values);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    // NaN equals nothing, not even itself.
    end = Math.max(end, start + 1);
    for (let k = start; k < end; k++) ranks[order[k]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** Gini coefficient of magnitudes: 0 where all are alike, towards 1 where few have it all. It has no unit. */
export function gini(values: ArrayLike<number>): number {
  const sizes = Float64Array.from(values, Math.abs).sort();
  const count = sizes.length;
  let [total, ranked] = [0, 0];
  for (let i = 0; i < count; i++) {
    total += sizes[i]!;
    ranked += (2 * (i + 1) - count - 1) * sizes[i]!;
  }
  return total > 0 ? ranked / (count * total) : 0;
}
