import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = artanh x: dx = dy/(1 − x²). */
export const atanh: Gradient = {
  op: 'Atanh',
  backward: ({ g, input, type, dy }) => {
    const { sub, mul, div } = algebra(g, type(input(0)));
    return [div(dy, sub(1, mul(input(0), input(0))))];
  },
};
