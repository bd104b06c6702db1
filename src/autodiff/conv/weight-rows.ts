import { fromTapsFirst, tapSlices } from './columns.js';
import { columnElements, work, type Lowering } from './geometry.js';

/** dW = dy·columnsᵀ over all examples at once: im2col with channels last, one large product. */
export const weightByRows: Lowering = {
  name: 'columns with channels last, one product',
  applies: ({ group }) => group === 1,
  cost: (geometry) => 0.9 * work(geometry) + (geometry.places < 64 ? 50 : 150) * columnElements(geometry),
  emit: ({ g, input, dy }, geometry) => {
    const { kernel, channels, filters, taps } = geometry;
    const space = kernel.map((_, i) => i + 2);
    const channelsLast = { perm: [0, ...space, 1] };
    const image = g.op('Transpose', [input(0)], channelsLast);
    const slices = tapSlices(g, image, geometry, 1);
    const stacked = slices.length === 1 ? slices[0]! : g.op('Concat', slices, { axis: -1 });
    const rows = g.op('Reshape', [stacked, g.ints([-1, taps * channels])]);
    const flat = g.op('Reshape', [g.op('Transpose', [dy], channelsLast), g.ints([-1, filters])]);
    return fromTapsFirst(g, g.op('Gemm', [flat, rows], { transA: 1 }), geometry);
  },
};
