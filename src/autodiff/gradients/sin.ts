import type { Gradient } from '../gradient.js';

/** y = sin x: dx = dy·cos x. */
export const sin: Gradient = {
  op: 'Sin',
  backward: ({ g, input, dy }) => [g.op('Mul', [dy, g.op('Cos', [input(0)])])],
};
