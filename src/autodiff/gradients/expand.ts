import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = x broadcast to a shape: dx = dy, summed over what it was spread along. */
export const expand: Gradient = {
  op: 'Expand',
  backward: (context) => {
    const { input, output, dims, dy } = context;
    return [sumToShapeOf(context, dy, dims(output(0)), input(0))];
  },
};
