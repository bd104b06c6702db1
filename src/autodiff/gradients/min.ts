import type { Gradient } from '../gradient.js';
import { toTheFirstEqual } from '../selection.js';

/** y = min xᵢ with broadcasting: dy goes to the first xᵢ that is the minimum. */
export const min: Gradient = {
  op: 'Min',
  backward: toTheFirstEqual,
};
