import type { Gradient } from '../gradient.js';

/** y = ln x: dx = dy/x. */
export const log: Gradient = {
  op: 'Log',
  backward: ({ g, input, dy }) => [g.op('Div', [dy, input(0)])],
};
