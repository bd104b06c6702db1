/** The largest values of many, told apart although they were computed in floating point. */
import { fallingOrder } from '../../numeric/order.js';

/** Values that were found to be large, in no order. */
export interface Candidates {
  readonly values: readonly number[];
  /** What each is the value of. */
  readonly indices: readonly number[];
  /** No value that was left out is above this; −∞ where none was. */
  readonly leftOut: number;
}

/** How many candidates are taken besides as many as are wanted, for those that rounding may have put behind. */
export function spareFor(count: number): number {
  return 6 + (count >> 3);
}

/**
 * Indices among which the `count` largest of the exact values above 0 are: the exact k-th largest value is at least the k-th
 * largest computed one less the error, and whatever is as large was computed as no less than that, less the error once more.
 * @param error by how much a computed value can be off, at most
 * @returns undefined where one that was left out could be among them
 */
export function couldBeLargest({ values, indices, leftOut }: Candidates, count: number, error: number) {
  if (!(error < Infinity)) return undefined;
  const last = [...values].sort((a, b) => b - a)[count - 1] ?? -Infinity;
  const least = Math.max(last - 2 * error, -error);
  if (leftOut >= least) return undefined;
  return indices.filter((_, i) => values[i]! >= least);
}

/** Indices of the `count` largest values above 0 as they were computed, and of some that may be as large. */
export function seemLargest({ values, indices }: Candidates, count: number): number[] {
  const order = fallingOrder(values).subarray(0, count + spareFor(count));
  return Array.from(order, (i) => indices[i]!);
}
