import type { Gradient } from '../gradient.js';

/** y = ln(1 + eˣ): dx = dy/(1 + e⁻ˣ). */
export const softplus: Gradient = {
  op: 'Softplus',
  backward: ({ g, input, dy }) => [g.op('Mul', [dy, g.op('Sigmoid', [input(0)])])],
};
