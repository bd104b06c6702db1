/** Which steps stand for all of a training in a plot over time. */

/** So many of the steps 1 to `last` at most, evenly spread; the last is always among them. */
export function chosenSteps(last: number, most: number): number[] {
  const count = Math.min(last, most);
  return Array.from({ length: count }, (_, i) => Math.ceil(((i + 1) * last) / count));
}
