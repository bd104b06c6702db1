import { describe, test } from '@jest/globals';
import { float32, float64, int64 } from '../../../src/tensor.js';
import { awayFromZero, checkGradient, positive } from '../../helpers/gradients/gradient-check.js';

describe('of several inputs, broadcast', () => {
  const shapes = [
    [
      [3, 5],
      [3, 5],
    ],
    [[3, 5], [5]],
    [[1], [2, 3]],
    [
      [2, 1, 4],
      [3, 1],
    ],
    [[], [2, 2]],
    [
      [1, 3],
      [1, 3],
    ],
  ] as const;

  test.each(['Add', 'Sub', 'Mul', 'Div'])('%s', async (op) => {
    for (const [left, right] of shapes) {
      await checkGradient({ op, inputs: [awayFromZero(left, 1), awayFromZero(right, 2)] });
    }
    await checkGradient({ op, inputs: [awayFromZero([4, 3], 1), awayFromZero([1, 3], 2)], stacked: [0] });
    await checkGradient({ op, inputs: [awayFromZero([1, 3], 1), awayFromZero([4, 3], 2)], stacked: [1] });
  });

  test('Sum', async () => {
    await checkGradient({ op: 'Sum', inputs: [awayFromZero([2, 3]), awayFromZero([3], 2), awayFromZero([2, 1], 3)] });
    await checkGradient({ op: 'Sum', inputs: [awayFromZero([2, 3])] });
  });

  test('Where', async () => {
    const condition = { type: 'bool', dims: [2, 1, 3], data: Uint8Array.of(1, 0, 1, 0, 0, 1) } as const;
    await checkGradient({ op: 'Where', inputs: [condition, awayFromZero([4, 1]), awayFromZero([3], 2)] });
    await checkGradient({ op: 'Where', inputs: [condition, awayFromZero([2, 4, 3]), awayFromZero([], 2)] });
  });

  test('Where passes nothing of a NaN that was not chosen', async () => {
    const condition = { type: 'bool', dims: [2], data: Uint8Array.of(1, 0) } as const;
    await checkGradient({ op: 'Where', inputs: [condition, awayFromZero([2]), float64([NaN, 1])], wrt: [0 + 1] });
  });
});

describe('Pow', () => {
  test('broadcast, positive base', async () => {
    await checkGradient({ op: 'Pow', inputs: [positive([2, 3]), awayFromZero([3], 2)] });
    await checkGradient({ op: 'Pow', inputs: [positive([3]), awayFromZero([2, 3], 2)] });
  });

  test.each([0, 1, 2, 3, -1, 0.5])('exponent %d', async (exponent) => {
    const base = exponent === 0.5 ? positive([5]) : awayFromZero([5]);
    await checkGradient({ op: 'Pow', inputs: [base, float64([exponent], [])], wrt: [0], constants: [1] });
    await checkGradient({ op: 'Pow', inputs: [base, float64([exponent], [])], wrt: [0] });
  });

  test('whole exponents of another type', async () => {
    await checkGradient({ op: 'Pow', inputs: [awayFromZero([3]), int64([2, 3, 0])] });
    await checkGradient({ op: 'Pow', inputs: [positive([3]), float32([2, 3, 0.5])], wrt: [0] });
  });

  test('at 0', () => checkGradient({ op: 'Pow', inputs: [float64([0, 0, 0]), float64([2, 1, 3])], wrt: [0] }));
});

describe('Clip', () => {
  const x = float64([-2, -0.9, -0.1, 0.4, 0.7, 3]);
  const [low, high] = [float64([-1], []), float64([0.5], [])];
  test.each([
    ['both bounds', [x, low, high]],
    ['the lower bound', [x, low]],
    ['the upper bound', [x, undefined, high]],
    ['no bound', [x]],
  ])('%s', (_, inputs) => checkGradient({ op: 'Clip', inputs }));

  test('constant bounds', () => checkGradient({ op: 'Clip', inputs: [x, low, high], constants: [1, 2] }));
});
