import { algebra } from '../algebra.js';
import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = Σ xᵢ/n with broadcasting: dxᵢ = dy/n. */
export const mean: Gradient = {
  op: 'Mean',
  backward: (context) => {
    const { g, node, output, dims, type, dy, needs } = context;
    const share = algebra(g, type(output(0))).div(dy, node.input.length);
    return node.input.map((name, i) => (needs(i) ? sumToShapeOf(context, share, dims(output(0)), name) : undefined));
  },
};
