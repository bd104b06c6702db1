import { reachedEnds } from '../window.js';
import type { Lowering } from './geometry.js';

/**
 * dx as a convolution along the second axis alone, which gives each row's part in the rows that its windows reach, and Col2Im along
 * the first, which adds them up: 1/kh of the columns that the whole kernel would have, and kh times the rows of the product.
 */
export const inputByRows: Lowering = {
  name: 'convolution of rows and Col2Im',
  applies: (geometry) => {
    const { kernel, strides, dilations, begins, ends, input, output, group } = geometry;
    const [, width] = kernel;
    if (kernel.length !== 2 || group !== 1 || strides[1] !== 1) return false;
    const reach = (width! - 1) * dilations[1]!;
    return begins[1]! <= reach && input[1]! + begins[1]! - output[1]! >= 0 && reachedEnds(geometry)[0] === ends[0];
  },
  emit: ({ g, input, dy }, { kernel, strides, dilations, begins, ends, input: sizes, output, channels, filters }) => {
    const [height, width] = kernel as [number, number];
    const turned = g.op('Slice', [input(1), g.ints([-1]), g.ints([-width - 1]), g.ints([3]), g.ints([-1])]);
    const ordered = g.op('Transpose', [turned], { perm: [1, 2, 0, 3] });
    const weights = g.op('Reshape', [ordered, g.ints([channels * height, filters, 1, width])]);
    const before = (width - 1) * dilations[1]! - begins[1]!;
    const after = sizes[1]! + begins[1]! - output[1]!;
    const rows = g.op('Conv', [dy, weights], { dilations: [1, dilations[1]!], pads: [0, before, 0, after] });
    const flat = g.op('Reshape', [rows, g.ints([-1, channels * height, output[0]! * sizes[1]!])]);
    return g.op('Col2Im', [flat, g.ints(sizes), g.ints([height, 1])], {
      strides: [strides[0]!, 1],
      dilations: [dilations[0]!, 1],
      pads: [begins[0]!, 0, ends[0]!, 0],
    });
  },
};
