import type { Gradient } from '../gradient.js';

/** y = −x: dx = −dy. */
export const neg: Gradient = {
  op: 'Neg',
  backward: ({ g, dy }) => [g.op('Neg', [dy])],
};
