/** Sixteen bits per element, a scale per row, error feedback. */
import { float16Values, narrowBits } from '../../numeric/float16.js';
import { rowCodec } from './rows.js';

/**
 * The row's largest element is brought to [2^14, 2^15), near the top of float16's range: updates are far below its
 * smallest numbers as they come. A power of two scales without rounding.
 */
const TOP_EXPONENT = 14;

/** Smallest normal float32. */
const SMALLEST_SCALE = 2 ** -126;

let scaled = new Float32Array(0);
let scaledBits = new Uint32Array(0);

/**
 * An element is scale · float16. The sum of everything decoded is off by at most half a unit in the last place of the
 * element's latest value: 2^-11 of its magnitude, or 2^-25 · scale if that is more.
 */
export const float16 = rowCodec<Uint16Array>({
  name: 'float16',
  version: 1,
  array: Uint16Array,
  type: 'float16',
  scale: (max) => Math.max(2 ** (Math.floor(Math.log2(max)) - TOP_EXPONENT), SMALLEST_SCALE),
  pack(delta, residual, begin, end, scale, packed, at) {
    const table = float16Values();
    const length = end - begin;
    if (scaled.length < length) {
      scaled = new Float32Array(length);
      scaledBits = new Uint32Array(scaled.buffer);
    }
    const inverse = 1 / scale;
    for (let i = 0; i < length; i++) scaled[i] = (delta[begin + i]! + residual[begin + i]!) * inverse;
    for (let i = 0; i < length; i++) {
      const bits = narrowBits(scaledBits[i]!);
      packed[at + i] = bits;
      residual[begin + i] = delta[begin + i]! + residual[begin + i]! - Math.fround(table[bits]! * scale);
    }
  },
  unpack(packed, at, scale, out, begin, end) {
    const table = float16Values();
    for (let i = begin; i < end; i++) out[i] = table[packed[at++]!]! * scale;
  },
});
