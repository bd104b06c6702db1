import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = tan x: dx = dy·(1 + y²). */
export const tan: Gradient = {
  op: 'Tan',
  backward: ({ g, output, type, dy }) => {
    const { add, mul } = algebra(g, type(output(0)));
    return [mul(dy, add(1, mul(output(0), output(0))))];
  },
};
