import type { Gradient } from '../gradient.js';
import { toWhereItCameFrom } from '../scatter.js';

/** y = slices of x picked by index tuples: dx = each element of dy added where it was picked from. */
export const gatherND: Gradient = {
  op: 'GatherND',
  backward: (context) => [toWhereItCameFrom(context)],
};
