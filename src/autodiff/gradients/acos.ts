import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = arccos x: dx = −dy/√(1 − x²). */
export const acos: Gradient = {
  op: 'Acos',
  backward: ({ g, input, type, dy }) => {
    const { sub, mul, div, neg, apply } = algebra(g, type(input(0)));
    return [neg(div(dy, apply('Sqrt', sub(1, mul(input(0), input(0))))))];
  },
};
