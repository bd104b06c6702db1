import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = Σ xᵢ with broadcasting: dxᵢ = dy. */
export const sum: Gradient = {
  op: 'Sum',
  backward: (context) => {
    const { node, output, dims, dy, needs } = context;
    return node.input.map((name, i) => (needs(i) ? sumToShapeOf(context, dy, dims(output(0)), name) : undefined));
  },
};
