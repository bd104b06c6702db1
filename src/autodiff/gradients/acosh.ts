import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = arcosh x: dx = dy/√(x² − 1). */
export const acosh: Gradient = {
  op: 'Acosh',
  backward: ({ g, input, type, dy }) => {
    const { sub, mul, div, apply } = algebra(g, type(input(0)));
    return [div(dy, apply('Sqrt', sub(mul(input(0), input(0)), 1)))];
  },
};
