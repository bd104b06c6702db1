import { describe, test } from '@jest/globals';
import { checkGradient, wholeNumbers } from '../../helpers/gradients/gradient-check.js';

/** Input, weights [C, M/group, …], attributes. */
type Layer = readonly [number[], number[], Record<string, number | string | number[]>];

const LAYERS: readonly Layer[] = [
  [[2, 3, 4, 3], [3, 2, 3, 3], {}],
  [[2, 3, 4, 3], [3, 2, 3, 3], { strides: [2, 3] }],
  [[2, 3, 4, 3], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 0, 1, 2], output_padding: [1, 0] }],
  [[2, 3, 4, 3], [3, 2, 2, 3], { dilations: [2, 2], pads: [1, 1, 0, 0] }],
  [[2, 4, 3, 3], [4, 1, 3, 3], { group: 2, strides: [2, 2] }],
  [[2, 3, 3, 3], [3, 1, 3, 3], { group: 3 }],
  [[2, 3, 4, 3], [3, 2, 3, 3], { strides: [2, 2], auto_pad: 'SAME_UPPER' }],
  [[2, 3, 4, 3], [3, 2, 4, 3], { strides: [3, 2], auto_pad: 'SAME_LOWER' }],
  [[2, 3, 4, 3], [3, 2, 3, 3], { strides: [2, 2], output_shape: [8, 6] }],
  [[2, 3, 4, 3], [3, 2, 3, 3], { strides: [3, 3], output_shape: [10, 9] }],
  [[2, 2, 4], [2, 3, 3], { strides: [2], pads: [1, 0] }],
  [[2, 2, 3, 2, 3], [2, 2, 2, 2, 2], { strides: [1, 2, 1] }],
];

describe('ConvTranspose', () => {
  test.each(LAYERS)('%j by %j, %j', async (image, weights, attributes) => {
    const group = typeof attributes.group === 'number' ? attributes.group : 1;
    const inputs = [wholeNumbers(image, 1), wholeNumbers(weights, 2), wholeNumbers([weights[1]! * group], 3)];
    await checkGradient({ op: 'ConvTranspose', inputs, attributes, exact: true });
    await checkGradient({ op: 'ConvTranspose', inputs: inputs.slice(0, 2), attributes, exact: true, stacked: [0] });
  });
});
