import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = tanh x: dx = dy·(1 − y²). */
export const tanh: Gradient = {
  op: 'Tanh',
  backward: ({ g, output, type, dy }) => {
    const y = output(0);
    const { sub, mul } = algebra(g, type(y));
    return [mul(dy, sub(1, mul(y, y)))];
  },
};
