import { algebra } from '../algebra.js';
import { reducesNothing, unreduced } from '../axes.js';
import type { Gradient } from '../gradient.js';
import { expandLike } from '../shapes.js';

/** y = ln Σx over axes: dx = dy/eʸ, repeated. */
export const reduceLogSum: Gradient = {
  op: 'ReduceLogSum',
  backward: (context) => {
    const { g, input, output, type, dy } = context;
    const { div, apply } = algebra(g, type(input(0)));
    const quotient = div(dy, apply('Exp', output(0)));
    return [reducesNothing(context) ? quotient : expandLike(context, unreduced(context, quotient), input(0))];
  },
};
