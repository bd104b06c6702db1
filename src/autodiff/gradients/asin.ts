import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = arcsin x: dx = dy/√(1 − x²). */
export const asin: Gradient = {
  op: 'Asin',
  backward: ({ g, input, type, dy }) => {
    const { sub, mul, div, apply } = algebra(g, type(input(0)));
    return [div(dy, apply('Sqrt', sub(1, mul(input(0), input(0)))))];
  },
};
