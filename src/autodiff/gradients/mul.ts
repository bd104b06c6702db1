import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = a·b with broadcasting: da = dy·b, db = dy·a. */
export const mul: Gradient = {
  op: 'Mul',
  backward: (context) => {
    const { g, input, output, dims, dy, needs } = context;
    const factor = (index: number, other: number) =>
      needs(index) ? sumToShapeOf(context, g.op('Mul', [dy, input(other)]), dims(output(0)), input(index)) : undefined;
    return [factor(0, 1), factor(1, 0)];
  },
};
