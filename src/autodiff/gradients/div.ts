import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = a/b with broadcasting: da = dy/b, db = −(dy/b)·y. */
export const div: Gradient = {
  op: 'Div',
  backward: (context) => {
    const { g, input, output, dims, dy, needs } = context;
    const quotient = g.op('Div', [dy, input(1)]);
    const summed = (gradient: string, i: number) => sumToShapeOf(context, gradient, dims(output(0)), input(i));
    return [
      needs(0) ? summed(quotient, 0) : undefined,
      needs(1) ? g.op('Neg', [summed(g.op('Mul', [quotient, output(0)]), 1)]) : undefined,
    ];
  },
};
