/** Half precision: numbers as bit patterns of IEEE 754 binary16, and bfloat16. */

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** Bit pattern of the nearest float16, ties to even; too large numbers become infinite. */
export function toFloat16(value: number): number {
  float[0] = value;
  return narrowBits(word[0]!);
}

/** Bit pattern of the nearest float16 of a float32 that is given as its bit pattern. */
export function narrowBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x38800000) {
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    // Normal: rebias the exponent from 127 to 15 and round away 13 bits; a carry runs into the exponent as it should.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  // Half of the smallest subnormal or less; in updates of weights most elements that come here are exact zeros.
  if (magnitude <= 0x33000000) return sign;
  // Subnormal: adding 0.5 lines the significand up with float16's, rounded by the addition itself.
  word[0] = magnitude;
  float[0] = float[0]! + 0.5;
  return sign | (word[0] - 0x3f000000);
}

/** The number that a float16 bit pattern stands for. */
export function fromFloat16(bits: number): number {
  return float16Values()[bits]!;
}

let values: Float32Array | undefined;

/** The number that each of the 65,536 bit patterns of float16 stands for. */
export function float16Values(): Float32Array {
  if (values) return values;
  values = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >>> 10) & 31;
    const fraction = bits & 1023;
    let magnitude = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    if (exponent === 31) magnitude = fraction === 0 ? Infinity : NaN;
    values[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return values;
}

/** The number that a bfloat16 bit pattern stands for: the upper half of a float32. */
export function fromBfloat16(bits: number): number {
  word[0] = bits << 16;
  return float[0]!;
}
