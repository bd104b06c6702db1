import type { Gradient } from '../gradient.js';
import { reshapeLike } from '../shapes.js';

/** y = x in another shape: dx = dy in x's shape. */
export const reshape: Gradient = {
  op: 'Reshape',
  backward: (context) => [reshapeLike(context, context.dy, context.input(0))],
};
