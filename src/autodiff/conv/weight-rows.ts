import { channelsLast, columnRows, fromTapsFirst } from './columns.js';
import type { Lowering } from './geometry.js';

/** dW = dy·columnsᵀ over all examples at once: im2col with channels last, one large product. */
export const weightByRows: Lowering = {
  name: 'columns with channels last, one product',
  applies: ({ group }) => group === 1,
  emit: ({ g, input, dy }, geometry) => {
    const rows = columnRows(g, input(0), geometry);
    const flat = g.op('Reshape', [channelsLast(g, dy, geometry), g.ints([-1, geometry.filters])]);
    return fromTapsFirst(g, g.op('Gemm', [flat, rows], { transA: 1 }), geometry);
  },
};
