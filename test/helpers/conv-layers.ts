/** Convolutions of every kind, small. */

/** Input, weights, attributes. */
export type Layer = readonly [number[], number[], Record<string, number | string | number[]>];

export const LAYERS: readonly Layer[] = [
  [[2, 3, 6, 5], [4, 3, 3, 3], {}],
  [[2, 3, 6, 5], [4, 3, 3, 3], { pads: [1, 1, 1, 1] }],
  [[2, 1, 8, 8], [3, 1, 5, 5], { pads: [2, 2, 2, 2] }],
  [[2, 2, 7, 8], [4, 2, 3, 2], { strides: [2, 3] }],
  // Windows that stop short of the end, by more than a dilation.
  [[2, 2, 8, 9], [4, 2, 2, 2], { strides: [3, 4] }],
  [[2, 2, 8, 9], [4, 2, 3, 2], { dilations: [2, 3] }],
  [[2, 2, 9, 9], [4, 2, 3, 3], { dilations: [2, 2], strides: [3, 2], pads: [1, 2, 0, 3] }],
  [[2, 2, 5, 5], [3, 2, 3, 3], { pads: [2, 0, 1, 3] }],
  [[2, 2, 3, 3], [3, 2, 3, 3], { pads: [4, 4, 4, 4] }],
  [[2, 4, 5, 5], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }],
  [[2, 3, 5, 5], [3, 1, 3, 3], { group: 3, strides: [2, 2] }],
  [[2, 3, 5, 5], [6, 1, 3, 3], { group: 3, dilations: [2, 2], pads: [1, 2, 1, 2] }],
  [[2, 3, 4, 4], [5, 3, 1, 1], {}],
  [[2, 3, 5, 4], [5, 3, 1, 1], { strides: [2, 2] }],
  [[2, 3, 7, 6], [4, 3, 3, 3], { auto_pad: 'SAME_UPPER', strides: [2, 2] }],
  [[2, 3, 7, 6], [4, 3, 4, 3], { auto_pad: 'SAME_LOWER', strides: [2, 2] }],
  [[2, 3, 7, 6], [4, 3, 4, 2], { auto_pad: 'SAME_LOWER' }],
  [[2, 3, 7, 6], [4, 3, 3, 3], { auto_pad: 'VALID', strides: [2, 2] }],
  [[2, 3, 9], [4, 3, 3], { pads: [1, 2], strides: [2] }],
  [[2, 4, 9], [4, 2, 3], { group: 2, dilations: [2] }],
  [[2, 2, 12], [4, 2, 7], { pads: [3, 3], strides: [2] }],
  [[2, 4, 9], [8, 4, 5], { pads: [4, 4], dilations: [2] }],
  [[2, 2, 4, 5, 4], [3, 2, 2, 3, 2], { pads: [0, 1, 0, 1, 1, 1], strides: [1, 2, 1] }],
  [[2, 2, 4, 5, 4], [2, 1, 2, 2, 2], { group: 2 }],
  // Maps as small as the kernel.
  [[2, 3, 2, 2], [4, 3, 3, 3], { pads: [1, 1, 1, 1] }],
  [[2, 3, 3, 2], [4, 3, 3, 3], { pads: [2, 1, 0, 1], strides: [2, 1] }],
  [[2, 2, 3, 4], [3, 2, 2, 3], { dilations: [2, 1], strides: [1, 3], pads: [1, 0, 0, 2] }],
  [[2, 2, 1, 1], [3, 2, 5, 3], { pads: [2, 1, 2, 1] }],
  [[2, 2, 3], [3, 2, 5], { pads: [2, 2] }],
  [[2, 2, 2, 1, 2], [3, 2, 3, 3, 3], { pads: [1, 1, 1, 1, 1, 1] }],
];
