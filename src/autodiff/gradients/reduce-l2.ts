import { algebra } from '../algebra.js';
import { reducesNothing, unreduced } from '../axes.js';
import type { Gradient } from '../gradient.js';

/** y = √Σx² over axes: dx = dy·x/y (0 where y = 0). */
export const reduceL2: Gradient = {
  op: 'ReduceL2',
  backward: (context) => {
    const { g, input, output, type, dy } = context;
    const { mul, div, compare, where } = algebra(g, type(input(0)));
    const y = output(0);
    const quotient = where(compare('Equal', y, 0), 0, div(dy, y));
    return [mul(input(0), reducesNothing(context) ? quotient : unreduced(context, quotient))];
  },
};
