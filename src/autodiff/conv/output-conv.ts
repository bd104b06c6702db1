import type { ConvInputs, Lowering } from './geometry.js';

/** The operator as it is. What takes it for this one emits its node unchanged. */
export const outputByConv: Lowering<ConvInputs> = {
  name: 'convolution',
  applies: () => true,
  emit: ({ g, input }, { strides, dilations, begins, ends, group }) =>
    g.op('Conv', [input(0), input(1), ...(input(2) === '' ? [] : [input(2)])], {
      strides,
      dilations,
      pads: [...begins, ...ends],
      group,
    }),
};
