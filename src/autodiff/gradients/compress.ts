import type { Gradient } from '../gradient.js';
import { toWhereItCameFrom } from '../scatter.js';

/** y = slices of x that a condition selects: dx = dy where they were, else 0. */
export const compress: Gradient = {
  op: 'Compress',
  backward: (context) => [toWhereItCameFrom(context)],
};
