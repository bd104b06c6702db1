import { algebra } from '../algebra.js';
import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = condition ? a : b with broadcasting: da = condition ? dy : 0, db = condition ? 0 : dy. */
export const where: Gradient = {
  op: 'Where',
  backward: (context) => {
    const { g, input, output, dims, type, dy, needs } = context;
    const { where } = algebra(g, type(output(0)));
    const summed = (gradient: string, i: number) => sumToShapeOf(context, gradient, dims(output(0)), input(i));
    return [
      undefined,
      needs(1) ? summed(where(input(0), dy, 0), 1) : undefined,
      needs(2) ? summed(where(input(0), 0, dy), 2) : undefined,
    ];
  },
};
