import { reachedEnds } from '../window.js';
import type { Lowering } from './geometry.js';

/**
 * dW[k, c] = Σₙ x[n, c] ⋆ dy[n, k]: a convolution whose channels are the examples, whose input is x and whose kernel is
 * dy, strides and dilations exchanged. For every geometry.
 */
export const weightBySwappedConv: Lowering = {
  name: 'convolution with swapped operands',
  applies: () => true,
  emit: ({ g, input, dy }, geometry) => {
    const { kernel, strides, dilations, begins, input: sizes, channels, filters, group } = geometry;
    const space = kernel.map((_, i) => i + 2);
    const ends = reachedEnds(geometry);
    const byChannel = [1, 0, ...space];
    const grouped = () => {
      const apart = g.op('Reshape', [input(0), g.ints([-1, group, channels / group, ...sizes])]);
      const moved = g.op('Transpose', [apart], { perm: [2, 1, 0, ...space.map((axis) => axis + 1)] });
      return g.op('Reshape', [moved, g.ints([channels / group, -1, ...sizes])]);
    };
    const image = group === 1 ? g.op('Transpose', [input(0)], { perm: byChannel }) : grouped();
    const product = g.op('Conv', [image, g.op('Transpose', [dy], { perm: byChannel })], {
      strides: dilations,
      dilations: strides,
      pads: [...begins, ...ends.map((end) => Math.max(end, 0))],
      group,
    });
    // Windows that stop short of the input's end make room for taps that the kernel does not have.
    const beyond = ends.some((end, i) => -end >= dilations[i]!);
    const taps = beyond
      ? g.op('Slice', [product, g.ints(kernel.map(() => 0)), g.ints(kernel), g.ints(space)])
      : product;
    return g.op('Reshape', [
      g.op('Transpose', [taps], { perm: byChannel }),
      g.ints([filters, channels / group, ...kernel]),
    ]);
  },
};
