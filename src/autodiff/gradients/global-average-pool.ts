import type { Gradient } from '../gradient.js';
import { expandLike } from '../shapes.js';
import { reducedCount } from '../axes.js';

/** y = mean of each channel: dx = dy/n, repeated. */
export const globalAveragePool: Gradient = {
  op: 'GlobalAveragePool',
  backward: (context) => {
    const { g, input, dy } = context;
    return [expandLike(context, g.op('Div', [dy, reducedCount(context)]), input(0))];
  },
};
