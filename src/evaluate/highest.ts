/** The strongest examples of a list of effects. */
import { createTop } from '../numeric/top.js';

/** Places of the largest values, largest first; of equal ones those that stand first. */
export function highest(values: ArrayLike<number>, count: number): number[] {
  const top = createTop<number>(Math.min(Math.max(1, count), values.length));
  for (let i = 0; i < values.length; i++) top.offer(values[i]!, i);
  return [...top.items];
}
