import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = erf x: dx = dy·(2/√π)·exp(−x²). */
export const erf: Gradient = {
  op: 'Erf',
  backward: ({ g, input, type, dy }) => {
    const { mul, neg, apply } = algebra(g, type(input(0)));
    const bell = apply('Exp', neg(mul(input(0), input(0))));
    return [mul(dy, mul(2 / Math.sqrt(Math.PI), bell))];
  },
};
