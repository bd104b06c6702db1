import { describe, test } from '@jest/globals';
import {
  awayFromZero,
  checkGradient,
  checkReference,
  distinct,
  distinctWhole,
  wholeNumbers,
} from '../../helpers/gradients/gradient-check.js';
import { float32 } from '../../../src/tensor.js';
import type { Attributes } from '../../../src/graph/builder.js';

type Pool = readonly [number[], Attributes];

const POOLS: readonly Pool[] = [
  [[2, 3, 6, 4], { kernel_shape: [2, 2], strides: [2, 2] }],
  [[2, 3, 7, 5], { kernel_shape: [2, 2], strides: [2, 2] }],
  [[2, 3, 7, 5], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }],
  [[2, 3, 7, 5], { kernel_shape: [2, 2], strides: [3, 2] }],
  [[2, 3, 6, 6], { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1] }],
  [[2, 3, 6, 6], { kernel_shape: [3, 3], strides: [3, 3], pads: [1, 0, 0, 1], ceil_mode: 1 }],
  [[2, 3, 6, 7], { kernel_shape: [3, 3], strides: [2, 2] }],
  [[2, 3, 6, 7], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  [[2, 3, 8, 7], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }],
  [[2, 3, 8, 8], { kernel_shape: [3, 2], strides: [2, 1], pads: [0, 1, 1, 0], ceil_mode: 1 }],
  [[2, 2, 5, 5], { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] }],
  [[2, 2, 6, 5], { kernel_shape: [2, 2], auto_pad: 'SAME_LOWER', strides: [2, 2] }],
  [[2, 2, 6, 5], { kernel_shape: [3, 2], auto_pad: 'VALID' }],
  [[2, 3, 9], { kernel_shape: [2], strides: [2] }],
  [[2, 3, 9], { kernel_shape: [3], strides: [2] }],
  [[2, 2, 4, 5, 4], { kernel_shape: [2, 2, 2], strides: [2, 2, 2] }],
  [[2, 2, 4, 5, 4], { kernel_shape: [2, 2, 2], strides: [1, 2, 1] }],
];

describe('MaxPool', () => {
  const dilated: readonly Pool[] = [
    [[2, 2, 7, 8], { kernel_shape: [2, 3], dilations: [2, 2] }],
    [[2, 2, 7, 8], { kernel_shape: [2, 2], dilations: [2, 2], strides: [3, 4] }],
    [[2, 2, 7, 8], { kernel_shape: [2, 2], dilations: [2, 2], strides: [3, 3], ceil_mode: 1, pads: [1, 0, 1, 0] }],
  ];
  test.each([...POOLS, ...dilated])('of %j, %j', async (dims, attributes) => {
    await checkGradient({ op: 'MaxPool', inputs: [distinctWhole(dims)], attributes, exact: true });
    await checkGradient({ op: 'MaxPool', inputs: [distinctWhole(dims)], attributes, exact: true, stacked: [0] });
    await checkGradient({ op: 'MaxPool', inputs: [distinct(dims)], attributes });
  });

  test.each([0, 1])('with its indices as an output, storage order %i', async (order) => {
    const attributes = { kernel_shape: [2, 2], strides: [2, 2], storage_order: order };
    await checkGradient({ op: 'MaxPool', inputs: [distinctWhole([2, 3, 6, 4])], attributes, outputs: 2, exact: true });
  });

  test('storage order without the indices', async () => {
    const attributes = { kernel_shape: [2, 2], storage_order: 1 };
    await checkGradient({ op: 'MaxPool', inputs: [distinctWhole([2, 3, 6, 4])], attributes, exact: true });
  });
});

describe('AveragePool', () => {
  test.each(POOLS)('of %j, %j', async (dims, attributes) => {
    const x = wholeNumbers(dims);
    await checkGradient({ op: 'AveragePool', inputs: [x], attributes, linear: true, stacked: [0] });
    const padding = { ...attributes, count_include_pad: 1 };
    await checkGradient({ op: 'AveragePool', inputs: [x], attributes: padding, linear: true });
  });
});

test.each([[[2, 3, 4, 5]], [[2, 3, 4]], [[2, 3, 2, 2, 3]]])('GlobalAveragePool of %j', async (dims) => {
  await checkGradient({ op: 'GlobalAveragePool', inputs: [wholeNumbers(dims)], linear: true });
  await checkGradient({ op: 'GlobalAveragePool', inputs: [wholeNumbers(dims)], linear: true, stacked: [0] });
});

describe.each([1, 2, 3])('with p = %i', (p) => {
  const norm = (values: readonly number[]) => values.reduce((sum, x) => sum + Math.abs(x) ** p, 0) ** (1 / p);
  const x = awayFromZero([2, 3, 4, 5]);
  const inputs = [float32(x.data, x.dims)];

  test('LpPool', async () => {
    const slow = (values: Float64Array) =>
      Float64Array.from({ length: 6 * 9 }, (_, i) => {
        const [plane, row, column] = [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3];
        const place = (r: number, c: number) => {
          const [y, z] = [2 * row - 1 + r, 2 * column - 1 + c];
          return y < 0 || y >= 4 || z < 0 || z >= 5 ? 0 : values[plane * 20 + y * 5 + z]!;
        };
        return norm([place(0, 0), place(0, 1), place(0, 2), place(1, 0), place(1, 1), place(1, 2)]);
      });
    const attributes = { p, kernel_shape: [2, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
    await checkReference({ op: 'LpPool', inputs, attributes, stacked: [0] }, slow);
  });

  test('GlobalLpPool', async () => {
    const slow = (values: Float64Array) =>
      Float64Array.from({ length: 6 }, (_, plane) => norm([...values.subarray(20 * plane, 20 * plane + 20)]));
    await checkReference({ op: 'GlobalLpPool', inputs, attributes: { p }, stacked: [0] }, slow);
  });
});
