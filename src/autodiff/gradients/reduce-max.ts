import type { Gradient } from '../gradient.js';
import { toAllEqual } from '../selection.js';

/** y = max x over axes: dy is shared evenly among the elements that are the maximum. */
export const reduceMax: Gradient = {
  op: 'ReduceMax',
  backward: toAllEqual,
};
