import { reducedCount, reducesNothing, unreduced } from '../axes.js';
import type { Gradient } from '../gradient.js';
import { expandLike } from '../shapes.js';

/** y = mean of x over axes: dx = dy/n, repeated. */
export const reduceMean: Gradient = {
  op: 'ReduceMean',
  backward: (context) => {
    const { g, input, dy } = context;
    if (reducesNothing(context)) return [dy];
    return [expandLike(context, unreduced(context, g.op('Div', [dy, reducedCount(context)])), input(0))];
  },
};
