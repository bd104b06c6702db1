import type { Gradient } from '../gradient.js';
import { reshapeLike } from '../shapes.js';

/** y = x without axes of size 1: dx = dy in x's shape. */
export const squeeze: Gradient = {
  op: 'Squeeze',
  backward: (context) => [reshapeLike(context, context.dy, context.input(0))],
};
