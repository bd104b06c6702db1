import type { Gradient } from '../gradient.js';

/** y = cosh x: dx = dy·sinh x. */
export const cosh: Gradient = {
  op: 'Cosh',
  backward: ({ g, input, dy }) => [g.op('Mul', [dy, g.op('Sinh', [input(0)])])],
};
