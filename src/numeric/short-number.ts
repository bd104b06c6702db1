/** Numbers with no more digits than they need. */

/** A number that is looked at, and not computed with: four significant digits are more than any picture shows, and half of the file. */
export function shortNumber(value: number): number {
  return Number(value.toPrecision(4));
}

/** Digits that tell any two numbers of 32 bits apart. */
const FLOAT32_DIGITS = 9;

/** The shortest decimal that is the same number in 32 bits, as data hold it: 18.42395, 2005, 2155676. */
export function shortestFloat32(value: number): number {
  const held = Math.fround(value);
  if (!Number.isFinite(held)) return value;
  for (let digits = 1; digits < FLOAT32_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === held) return short;
  }
  return Number(value.toPrecision(FLOAT32_DIGITS));
}
