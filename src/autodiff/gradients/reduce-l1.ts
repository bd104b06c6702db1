import { reducesNothing, unreduced } from '../axes.js';
import type { Gradient } from '../gradient.js';

/** y = Σ|x| over axes: dx = dy·sign x. */
export const reduceL1: Gradient = {
  op: 'ReduceL1',
  backward: (context) => {
    const { g, input, dy } = context;
    const spread = reducesNothing(context) ? dy : unreduced(context, dy);
    return [g.op('Mul', [spread, g.op('Sign', [input(0)])])];
  },
};
