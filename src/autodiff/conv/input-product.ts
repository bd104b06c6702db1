import { channelsFirst, columnRows } from './columns.js';
import { flippedGeometry, inputByFlippedConv, turnedTaps } from './input-flipped.js';
import type { Lowering } from './geometry.js';

/** Stride 1: the convolution of dy with flipped weights as one product over all examples, whose rows are the columns of dy. */
export const inputByProduct: Lowering = {
  name: 'columns with channels last, one product',
  applies: (geometry) => inputByFlippedConv.applies(geometry),
  emit: ({ g, input, dy }, geometry) => {
    const { channels, filters, taps, input: sizes } = geometry;
    const rows = columnRows(g, dy, flippedGeometry(geometry));
    const byTap = g.op('Transpose', [turnedTaps(g, input(1), geometry)], { perm: [1, 0, 2] });
    const product = g.op('MatMul', [rows, g.op('Reshape', [byTap, g.ints([taps * filters, channels])])]);
    return channelsFirst(g, g.op('Reshape', [product, g.ints([-1, ...sizes, channels])]), geometry);
  },
};
