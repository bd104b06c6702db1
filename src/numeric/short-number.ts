/** Numbers that are looked at, and not computed with: four digits are more than any picture shows, and half of the file. */

/** A number to four significant digits. */
export function shortNumber(value: number): number {
  return Number(value.toPrecision(4));
}
