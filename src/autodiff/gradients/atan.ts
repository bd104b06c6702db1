import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = arctan x: dx = dy/(1 + x²). */
export const atan: Gradient = {
  op: 'Atan',
  backward: ({ g, input, type, dy }) => {
    const { add, mul, div } = algebra(g, type(input(0)));
    return [div(dy, add(1, mul(input(0), input(0))))];
  },
};
