import { algebra } from '../algebra.js';
import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = a − b·n, n whole, with broadcasting: da = dy, db = −n·dy. */
export const mod: Gradient = {
  op: 'Mod',
  backward: (context) => {
    const { g, input, output, dims, type, dy, needs } = context;
    const { sub, mul, div, apply, neg } = algebra(g, type(output(0)));
    const summed = (gradient: string, i: number) => sumToShapeOf(context, gradient, dims(output(0)), input(i));
    const toDivisor = () => {
      const times = apply('Round', div(sub(input(0), output(0)), input(1)));
      return neg(summed(mul(dy, times), 1));
    };
    return [needs(0) ? summed(dy, 0) : undefined, needs(1) ? toDivisor() : undefined];
  },
};
