import type { Gradient } from '../gradient.js';

/** y = eˣ: dx = dy·y. */
export const exp: Gradient = {
  op: 'Exp',
  backward: ({ g, output, dy }) => [g.op('Mul', [dy, output(0)])],
};
