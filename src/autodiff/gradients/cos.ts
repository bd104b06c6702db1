import type { Gradient } from '../gradient.js';

/** y = cos x: dx = −dy·sin x. */
export const cos: Gradient = {
  op: 'Cos',
  backward: ({ g, input, dy }) => [g.op('Neg', [g.op('Mul', [dy, g.op('Sin', [input(0)])])])],
};
