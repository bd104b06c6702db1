/** Indices in the order of what they stand for. */

/** Indices by rising value; of equal ones the first comes first. */
export function risingOrder(values: ArrayLike<number>): Int32Array {
  const sorted = values instanceof Float32Array ? byDigits(values) : undefined;
  return sorted ?? indices(values.length).sort((a, b) => values[a]! - values[b]! || a - b);
}

/** Indices by falling value; of equal ones the first comes first. */
export function fallingOrder(values: ArrayLike<number>): Int32Array {
  return indices(values.length).sort((a, b) => values[b]! - values[a]! || a - b);
}

function indices(count: number): Int32Array {
  const all = new Int32Array(count);
  for (let i = 0; i < count; i++) all[i] = i;
  return all;
}

/** Digits of a key, and how many values each has. */
const [DIGITS, BASE] = [4, 256];

/**
 * The rising order by the bytes of the values, the lowest first (a radix sort, which keeps the order of equal ones): many times as
 * fast as comparisons. Undefined where a value is no number, which has no place.
 */
function byDigits(values: Float32Array): Int32Array | undefined {
  const count = values.length;
  const numbers = new Float32Array(count);
  // −0 and 0 are equal, and have other bits.
  for (let i = 0; i < count; i++) numbers[i] = values[i]! + 0;
  const keys = new Uint32Array(numbers.buffer);
  const counts = new Uint32Array(DIGITS * BASE);
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(values[i]!)) return undefined;
    const bits = keys[i]!;
    // As whole numbers the bits of what is negative fall, and lie above the others.
    const key = (bits >>> 31 === 1 ? ~bits : bits ^ 0x80000000) >>> 0;
    keys[i] = key;
    for (let digit = 0; digit < DIGITS; digit++) counts[digit * BASE + ((key >>> (8 * digit)) & 255)]!++;
  }
  let order = indices(count);
  let next: Int32Array = new Int32Array(count);
  for (let digit = 0; digit < DIGITS; digit++) {
    const places = counts.subarray(digit * BASE, (digit + 1) * BASE);
    for (let value = 0, before = 0; value < BASE; value++) {
      const size = places[value]!;
      places[value] = before;
      before += size;
    }
    for (let i = 0; i < count; i++) {
      const index = order[i]!;
      next[places[(keys[index]! >>> (8 * digit)) & 255]!++] = index;
    }
    [order, next] = [next, order];
  }
  return order;
}
