import type { Gradient } from '../gradient.js';
import { reshapeLike } from '../shapes.js';

/** y = x with further axes of size 1: dx = dy in x's shape. */
export const unsqueeze: Gradient = {
  op: 'Unsqueeze',
  backward: (context) => [reshapeLike(context, context.dy, context.input(0))],
};
