import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = a − b with broadcasting: da = dy, db = −dy. */
export const sub: Gradient = {
  op: 'Sub',
  backward: (context) => {
    const { g, input, output, dims, dy, needs } = context;
    const summed = (i: number) => sumToShapeOf(context, dy, dims(output(0)), input(i));
    return [needs(0) ? summed(0) : undefined, needs(1) ? g.op('Neg', [summed(1)]) : undefined];
  },
};
