/** Sixteen bits an element, a scale a row, error feedback. */
import { rowCodec } from './rows.js';

/**
 * The row's largest element is brought to [2^14, 2^15), near the top of float16's range: updates are far below its
 * smallest numbers as they come. A power of two scales without rounding.
 */
const TOP_EXPONENT = 14;

/** Smallest normal float32. */
const SMALLEST_SCALE = 2 ** -126;

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** Bit pattern of the nearest float16 (ties to even) of a float32 below 65520 in magnitude, given as its bit pattern. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x38800000) {
    // Normal: rebias the exponent from 127 to 15 and round away 13 bits; a carry runs into the exponent as it should.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  // Half of the smallest subnormal or less; most elements that come here are exact zeros.
  if (magnitude <= 0x33000000) return sign;
  // Subnormal: adding 0.5 lines the significand up with float16's, rounded by the addition itself.
  word[0] = magnitude;
  float[0] = float[0]! + 0.5;
  return sign | (word[0] - 0x3f000000);
}

/** The value of every float16 bit pattern. */
function halfValues(): Float32Array {
  const values = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >>> 10) & 31;
    const fraction = bits & 1023;
    let magnitude = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    if (exponent === 31) magnitude = fraction === 0 ? Infinity : NaN;
    values[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return values;
}

let table: Float32Array | undefined;
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
  scale: (max) => Math.max(2 ** (Math.floor(Math.log2(max)) - TOP_EXPONENT), SMALLEST_SCALE),
  pack(delta, residual, begin, end, scale, packed, at) {
    table ??= halfValues();
    const length = end - begin;
    if (scaled.length < length) {
      scaled = new Float32Array(length);
      scaledBits = new Uint32Array(scaled.buffer);
    }
    const inverse = 1 / scale;
    for (let i = 0; i < length; i++) scaled[i] = (delta[begin + i]! + residual[begin + i]!) * inverse;
    for (let i = 0; i < length; i++) {
      const bits = halfBits(scaledBits[i]!);
      packed[at + i] = bits;
      residual[begin + i] = delta[begin + i]! + residual[begin + i]! - Math.fround(table[bits]! * scale);
    }
  },
  unpack(packed, at, scale, out, begin, end) {
    table ??= halfValues();
    for (let i = begin; i < end; i++) out[i] = table[packed[at++]!]! * scale;
  },
});
