import { reachedEnds } from '../window.js';
import type { Lowering } from './geometry.js';

/** dx = ConvTranspose(dy, W): for every geometry. */
export const inputByTransposedConv: Lowering = {
  name: 'transposed convolution',
  applies: () => true,
  emit: ({ g, input, dy }, geometry) => {
    const { strides, dilations, begins, group } = geometry;
    const ends = reachedEnds(geometry);
    return g.op('ConvTranspose', [dy, input(1)], {
      strides,
      dilations,
      group,
      pads: [...begins, ...ends.map((end) => Math.max(end, 0))],
      // Windows that stop short of the input's end leave elements there that have no gradient.
      output_padding: ends.map((end) => Math.max(-end, 0)),
    });
  },
};
