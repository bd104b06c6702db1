import type { Gradient } from '../gradient.js';
import { toTheFirstEqual } from '../selection.js';

/** y = max xᵢ with broadcasting: dy goes to the first xᵢ that is the maximum. */
export const max: Gradient = {
  op: 'Max',
  backward: toTheFirstEqual,
};
