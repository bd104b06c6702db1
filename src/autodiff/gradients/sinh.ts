import type { Gradient } from '../gradient.js';

/** y = sinh x: dx = dy·cosh x. */
export const sinh: Gradient = {
  op: 'Sinh',
  backward: ({ g, input, dy }) => [g.op('Mul', [dy, g.op('Cosh', [input(0)])])],
};
