import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = x repeated to a larger shape: dx = dy summed over the repetitions. */
export const expand: Gradient = {
  op: 'Expand',
  backward: (context) => {
    const { input, output, dims, dy } = context;
    return [sumToShapeOf(context, dy, dims(output(0)), input(0))];
  },
};
