import type { Gradient } from '../gradient.js';
import { toAllEqual } from '../selection.js';

/** y = min x over axes: dy is shared evenly among the elements that are the minimum. */
export const reduceMin: Gradient = {
  op: 'ReduceMin',
  backward: toAllEqual,
};
