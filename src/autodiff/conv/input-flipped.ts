import { work, type Lowering } from './geometry.js';

/**
 * Stride 1: dx[c] = Σₖ dy[k] ⋆ W[k, c] turned by 180°, an ordinary convolution with the padding that gives x's size.
 */
export const inputByFlippedConv: Lowering = {
  name: 'convolution with flipped weights',
  applies: ({ kernel, strides, dilations, begins, input, output, group }) =>
    group === 1 &&
    strides.every((stride) => stride === 1) &&
    kernel.every((size, i) => {
      const extent = (size - 1) * dilations[i]!;
      return begins[i]! <= extent && input[i]! + begins[i]! - output[i]! >= 0;
    }),
  cost: (geometry) => work(geometry) * (1 + 64 / geometry.channels) * (1 + 64 / geometry.places),
  emit: ({ g, input, dy }, { kernel, dilations, begins, input: sizes, output, taps }) => {
    const space = kernel.map((_, i) => i + 2);
    const turned = () => {
      const minus = g.ints(kernel.map(() => -1));
      const before = g.ints(kernel.map((size) => -size - 1));
      return g.op('Slice', [input(1), minus, before, g.ints(space), minus]);
    };
    const weights = g.op('Transpose', [taps === 1 ? input(1) : turned()], { perm: [1, 0, ...space] });
    const pads = [
      ...kernel.map((size, i) => (size - 1) * dilations[i]! - begins[i]!),
      ...kernel.map((_, i) => sizes[i]! + begins[i]! - output[i]!),
    ];
    return g.op('Conv', [dy, weights], { dilations, pads });
  },
};
