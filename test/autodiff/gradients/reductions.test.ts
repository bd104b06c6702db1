import { describe, test } from '@jest/globals';
import { float64, int64 } from '../../../src/tensor.js';
import { awayFromZero, checkGradient, positive, wholeNumbers } from '../../helpers/gradients/gradient-check.js';

const OPERATORS = ['ReduceProd', 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceSumSquare'];

describe.each(OPERATORS)('%s', (op) => {
  test.each([
    [undefined, 1],
    [undefined, 0],
    [[0], 0],
    [[1, -1], 0],
    [[1, 2], 1],
  ])('over axes %j, keepdims %i', async (axes: number[] | undefined, keepdims) => {
    const inputs = [positive([2, 3, 4]), axes && int64(axes)];
    await checkGradient({ op, inputs, attributes: { keepdims }, constants: [1] });
    await checkGradient({ op, inputs, attributes: { keepdims }, constants: [1], stacked: [0] });
  });
});

test.each(['ReduceProd', 'ReduceL1', 'ReduceL2', 'ReduceLogSumExp', 'ReduceSumSquare'])(
  '%s of numbers of both signs',
  async (op) => {
    await checkGradient({ op, inputs: [awayFromZero([3, 4]), int64([1])], constants: [1] });
  },
);

describe('ReduceProd with zeros', () => {
  test.each([
    ['one', [2, 0, 3, -1]],
    ['two', [2, 0, 3, 0]],
    ['three', [0, 0, 3, 0]],
  ])('%s', (_, data) => checkGradient({ op: 'ReduceProd', inputs: [float64(data)] }));
});

test('ReduceL2 of zeros has gradient 0', async () => {
  // Differences are symmetric there: ‖εv‖ − ‖−εv‖ = 0.
  const once = 'the direction of a vector jumps at 0';
  await checkGradient({ op: 'ReduceL2', inputs: [float64([0, 0, 0])], once });
});

describe('CumSum', () => {
  test.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])('exclusive %i, reverse %i', async (exclusive, reverse) => {
    const inputs = [awayFromZero([3, 4]), { ...int64([-1]), dims: [] }];
    await checkGradient({ op: 'CumSum', inputs, attributes: { exclusive, reverse }, constants: [1], stacked: [0] });
  });
});

test('Mean with broadcasting', async () => {
  const inputs = [wholeNumbers([2, 3]), wholeNumbers([3], 2), wholeNumbers([2, 1], 3)];
  await checkGradient({ op: 'Mean', inputs, linear: true });
});
