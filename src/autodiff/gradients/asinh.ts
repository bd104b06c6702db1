import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = arsinh x: dx = dy/√(x² + 1). */
export const asinh: Gradient = {
  op: 'Asinh',
  backward: ({ g, input, type, dy }) => {
    const { add, mul, div, apply } = algebra(g, type(input(0)));
    return [div(dy, apply('Sqrt', add(mul(input(0), input(0)), 1)))];
  },
};
