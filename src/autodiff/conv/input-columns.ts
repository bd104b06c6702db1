import { reachedEnds } from '../window.js';
import type { Lowering } from './geometry.js';

/** dx = Col2Im(Wᵀ·dy): one product gives every element's part in every window, which are then added up. */
export const inputByColumns: Lowering = {
  name: 'product and Col2Im',
  applies: (geometry) => {
    const { kernel, dilations, ends, group } = geometry;
    // ONNX Runtime 1.30 takes dilations for 1 where there are not two axes.
    const isRight = kernel.length === 2 || dilations.every((dilation) => dilation === 1);
    return isRight && group === 1 && reachedEnds(geometry).every((end, i) => ends[i] === end);
  },
  emit: (
    { g, input, dy },
    { kernel, strides, dilations, begins, ends, input: sizes, channels, filters, taps, places },
  ) => {
    const weights = g.op('Reshape', [input(1), g.ints([filters, channels * taps])]);
    const flat = g.op('Reshape', [dy, g.ints([-1, filters, places])]);
    const columns = g.op('MatMul', [g.op('Transpose', [weights], { perm: [1, 0] }), flat]);
    const pads = [...begins, ...ends];
    return g.op('Col2Im', [columns, g.ints(sizes), g.ints(kernel)], { strides, dilations, pads });
  },
};
