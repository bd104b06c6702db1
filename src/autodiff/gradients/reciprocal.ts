import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = 1/x: dx = −dy·y². */
export const reciprocal: Gradient = {
  op: 'Reciprocal',
  backward: ({ g, output, type, dy }) => {
    const { mul, neg } = algebra(g, type(output(0)));
    return [neg(mul(dy, mul(output(0), output(0))))];
  },
};
