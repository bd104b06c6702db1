/** Indices in the order of what they stand for. */

/** Indices by rising value; of equal ones the first comes first. */
export function risingOrder(values: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
}

/** Indices by falling value; of equal ones the first comes first. */
export function fallingOrder(values: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b);
}
