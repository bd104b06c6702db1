import { algebra } from '../algebra.js';
import { reducesNothing, unreduced } from '../axes.js';
import type { Gradient } from '../gradient.js';

/** y = Σx² over axes: dx = 2·dy·x. */
export const reduceSumSquare: Gradient = {
  op: 'ReduceSumSquare',
  backward: (context) => {
    const { g, input, type, dy } = context;
    const { mul } = algebra(g, type(input(0)));
    return [mul(2, mul(reducesNothing(context) ? dy : unreduced(context, dy), input(0)))];
  },
};
