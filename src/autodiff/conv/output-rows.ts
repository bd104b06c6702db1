import { channelsFirst, columnRows, toTapsFirst } from './columns.js';
import type { ConvInputs, Lowering } from './geometry.js';

/** y = columns·Wᵀ + b over all examples at once: im2col with channels last, one large product. */
export const outputByRows: Lowering<ConvInputs> = {
  name: 'columns with channels last, one product',
  applies: ({ group }) => group === 1,
  emit: ({ g, input }, geometry) => {
    const { channels, filters, taps, output } = geometry;
    const rows = columnRows(g, input(0), geometry);
    const weights = g.op('Reshape', [toTapsFirst(g, input(1), geometry), g.ints([filters, taps * channels])]);
    const bias = input(2) === '' ? [] : [input(2)];
    const product = g.op('Gemm', [rows, weights, ...bias], { transB: 1 });
    return channelsFirst(g, g.op('Reshape', [product, g.ints([-1, ...output, filters])]), geometry);
  },
};
