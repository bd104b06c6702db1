import { algebra } from '../algebra.js';
import { reducesNothing, unreduced } from '../axes.js';
import type { Gradient } from '../gradient.js';

/** y = ln Σeˣ over axes: dx = dy·eˣ⁻ʸ. */
export const reduceLogSumExp: Gradient = {
  op: 'ReduceLogSumExp',
  backward: (context) => {
    const { g, input, output, type, dy } = context;
    if (reducesNothing(context)) return [dy];
    const { sub, mul, apply } = algebra(g, type(input(0)));
    return [mul(unreduced(context, dy), apply('Exp', sub(input(0), unreduced(context, output(0)))))];
  },
};
