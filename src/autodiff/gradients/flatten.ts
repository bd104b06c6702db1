import type { Gradient } from '../gradient.js';
import { reshapeLike } from '../shapes.js';

/** y = x as a matrix: dx = dy in x's shape. */
export const flatten: Gradient = {
  op: 'Flatten',
  backward: (context) => [reshapeLike(context, context.dy, context.input(0))],
};
