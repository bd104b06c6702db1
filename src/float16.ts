/** Half-precision numbers as bit patterns (IEEE 754 binary16). */

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** Bit pattern of the nearest float16, ties to even; too large numbers become infinite. */
export function toFloat16(value: number): number {
  float[0] = value;
  const bits = word[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Normal: rebias the exponent from 127 to 15 and round away 13 bits; a carry runs into the exponent as it should.
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // Subnormal: adding 0.5 lines the significand up with float16's, rounded by the addition itself.
  word[0] = magnitude;
  float[0] = float[0] + 0.5;
  return sign | (word[0] - 0x3f000000);
}

/** The number that a float16 bit pattern stands for. */
export function fromFloat16(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
