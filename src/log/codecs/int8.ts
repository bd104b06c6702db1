/** Eight bits per element, a scale per row, error feedback. */
import { rowCodec } from './rows.js';

/** Smallest normal float32: below it, a scale would itself be rounded so coarsely that elements overflow. */
const SMALLEST_SCALE = 2 ** -126;

/**
 * Adding and taking away 1.5 · 2^52 leaves a double of magnitude below 2^51 rounded to the nearest whole number (ties to
 * even): twice as fast as Math.round here, and this loop runs for every weight of every step.
 */
const ROUND = 1.5 * 2 ** 52;

/** An element is scale · int8, scale = max|row| / 127. The sum of everything decoded is off by at most scale / 2. */
export const int8 = rowCodec<Int8Array>({
  name: 'int8',
  version: 1,
  array: Int8Array,
  type: 'int8',
  scale: (max) => Math.max(Math.fround(max / 127), SMALLEST_SCALE),
  pack(delta, residual, begin, end, scale, packed, at) {
    const inverse = 1 / scale;
    for (let i = begin; i < end; i++) {
      const value = delta[i]! + residual[i]!;
      const level = value * inverse + ROUND - ROUND;
      packed[at++] = level;
      residual[i] = value - Math.fround(level * scale);
    }
  },
  unpack(packed, at, scale, out, begin, end) {
    for (let i = begin; i < end; i++) out[i] = packed[at++]! * scale;
  },
});
