import type { Gradient } from '../gradient.js';

/** y = |x|: dx = dy·sign x (0 at x = 0). */
export const abs: Gradient = {
  op: 'Abs',
  backward: ({ g, input, dy }) => [g.op('Mul', [dy, g.op('Sign', [input(0)])])],
};
