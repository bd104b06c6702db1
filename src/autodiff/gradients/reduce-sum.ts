import { reducesNothing, unreduced } from '../axes.js';
import type { Gradient } from '../gradient.js';
import { expandLike } from '../shapes.js';

/** y = Σ x over axes: dx = dy, repeated. */
export const reduceSum: Gradient = {
  op: 'ReduceSum',
  backward: (context) => {
    const { input, dy } = context;
    return [reducesNothing(context) ? dy : expandLike(context, unreduced(context, dy), input(0))];
  },
};
