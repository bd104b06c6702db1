import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = a + b with broadcasting: da = dy, db = dy. */
export const add: Gradient = {
  op: 'Add',
  backward: (context) => {
    const { input, output, dims, dy, needs } = context;
    return [0, 1].map((i) => (needs(i) ? sumToShapeOf(context, dy, dims(output(0)), input(i)) : undefined));
  },
};
