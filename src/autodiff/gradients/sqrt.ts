import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = √x: dx = dy/(2y). */
export const sqrt: Gradient = {
  op: 'Sqrt',
  backward: ({ g, output, type, dy }) => {
    const { mul, div } = algebra(g, type(output(0)));
    return [div(dy, mul(2, output(0)))];
  },
};
