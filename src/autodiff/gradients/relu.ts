import { booleanMask } from '../elementwise.js';
import type { Gradient } from '../gradient.js';

/** y = max(x, 0): the gradient passes where y > 0 (0 at x = 0, as PyTorch has it). */
export const relu: Gradient = {
  op: 'Relu',
  backward: ({ g, output, type, dy }) => {
    const y = output(0);
    return [g.op('Mul', [dy, booleanMask(g, g.op('Greater', [y, g.scalar(0, type(y))]), type(y))])];
  },
};
