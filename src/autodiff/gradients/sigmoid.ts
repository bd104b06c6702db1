import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = 1/(1 + e⁻ˣ): dx = dy·y·(1 − y). */
export const sigmoid: Gradient = {
  op: 'Sigmoid',
  backward: ({ g, output, type, dy }) => {
    const y = output(0);
    const { sub, mul } = algebra(g, type(y));
    return [mul(dy, mul(y, sub(1, y)))];
  },
};
