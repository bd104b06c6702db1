import { describe, expect, test } from '@jest/globals';
import { float } from '../../../src/onnx/attributes.js';
import { float64, int64 } from '../../../src/tensor.js';
import { awayFromZero, checkGradient } from '../../helpers/gradients/gradient-check.js';

describe('reshaping', () => {
  test('Reshape', async () => {
    await checkGradient({ op: 'Reshape', inputs: [awayFromZero([3, 4]), int64([2, -1])], constants: [1] });
    await checkGradient({
      op: 'Reshape',
      inputs: [awayFromZero([3, 2, 2]), int64([0, -1])],
      constants: [1],
      stacked: [0],
    });
    await checkGradient({ op: 'Reshape', inputs: [awayFromZero([1]), int64([])], constants: [1] });
    await checkGradient({
      op: 'Reshape',
      inputs: [awayFromZero([2, 6]), int64([-1, 3, 1])],
      constants: [1],
      stacked: [0],
    });
  });

  test.each([0, 1, 2, 3, -1])('Flatten at axis %i', async (axis) => {
    await checkGradient({ op: 'Flatten', inputs: [awayFromZero([2, 3, 4])], attributes: { axis } });
    await checkGradient({ op: 'Flatten', inputs: [awayFromZero([2, 3, 4])], attributes: { axis }, stacked: [0] });
  });

  test('Squeeze', async () => {
    await checkGradient({ op: 'Squeeze', inputs: [awayFromZero([2, 1, 3, 1])] });
    await checkGradient({ op: 'Squeeze', inputs: [awayFromZero([2, 1, 3, 1]), int64([-1])], constants: [1] });
    await checkGradient({ op: 'Squeeze', inputs: [awayFromZero([2, 1])], attributes: { axes: [1] }, opset: 11 });
    await checkGradient({ op: 'Squeeze', inputs: [awayFromZero([2, 1]), int64([1])], constants: [1], stacked: [0] });
  });

  test('Unsqueeze', async () => {
    await checkGradient({ op: 'Unsqueeze', inputs: [awayFromZero([2, 3]), int64([0, -1])], constants: [1] });
    await checkGradient({ op: 'Unsqueeze', inputs: [awayFromZero([]), int64([0])], constants: [1] });
    await checkGradient({ op: 'Unsqueeze', inputs: [awayFromZero([2])], attributes: { axes: [0] }, opset: 11 });
  });

  test.each([undefined, [0, 1, 2], [2, 0, 1], [1, 2, 0], [0, 2, 1]])('Transpose by %j', async (perm) => {
    await checkGradient({ op: 'Transpose', inputs: [awayFromZero([2, 3, 4])], attributes: { perm } });
    await checkGradient({ op: 'Transpose', inputs: [awayFromZero([2, 3, 4])], attributes: { perm }, stacked: [0] });
  });
});

describe('Expand', () => {
  test.each([
    ['along an axis', [3, 1], [3, 4]],
    ['by new axes', [3], [2, 4, 3]],
    ['along the first and by a new axis', [1, 3, 1], [2, 5, 3, 4]],
    ['by the operand itself', [4, 3], [1, 3]],
    ['of a scalar', [], [2, 3]],
  ])('%s', async (_, from, to) => {
    await checkGradient({ op: 'Expand', inputs: [awayFromZero(from), int64(to)], constants: [1] });
  });
});

describe('Concat', () => {
  test.each([0, 1, -1])('along axis %i', async (axis) => {
    const inputs = [awayFromZero([2, 3, 4]), awayFromZero([2, 3, 4], 2), awayFromZero([2, 3, 4], 3)];
    await checkGradient({ op: 'Concat', inputs, attributes: { axis } });
    await checkGradient({ op: 'Concat', inputs, attributes: { axis }, stacked: [0, 1, 2] });
    await checkGradient({ op: 'Concat', inputs: inputs.slice(0, 1), attributes: { axis } });
  });

  test('of different sizes', async () => {
    const inputs = [awayFromZero([2, 1]), awayFromZero([2, 4], 2), awayFromZero([2, 0], 3)];
    await checkGradient({ op: 'Concat', inputs, attributes: { axis: 1 } });
  });

  test('of examples and constants along the batch', async () => {
    const inputs = [awayFromZero([2, 3]), awayFromZero([1, 3], 2)];
    await checkGradient({ op: 'Concat', inputs, attributes: { axis: 0 }, stacked: [0] });
  });
});

describe.each(['ReduceSum', 'ReduceMean'])('%s', (op) => {
  test.each([
    [undefined, 1],
    [undefined, 0],
    [[0], 1],
    [[0], 0],
    [[1, -1], 0],
    [[1, 2], 1],
    [[], 0],
  ])('over axes %j, keepdims %i', async (axes: number[] | undefined, keepdims) => {
    const inputs = [awayFromZero([2, 3, 4]), axes && int64(axes)];
    await checkGradient({ op, inputs, attributes: { keepdims }, constants: [1] });
    await checkGradient({ op, inputs, attributes: { keepdims }, constants: [1], stacked: [0] });
  });

  test('over no axes', async () => {
    await checkGradient({ op, inputs: [awayFromZero([2, 3])], attributes: { noop_with_empty_axes: 1 } });
  });
});

test('ReduceMean over axes given as an attribute', async () => {
  const attributes = { axes: [1], keepdims: 0 };
  await checkGradient({ op: 'ReduceMean', inputs: [awayFromZero([2, 3])], attributes, opset: 17 });
});

describe('Pad', () => {
  test.each([
    [
      [2, 3],
      [1, 0, 2, 3],
    ],
    [
      [3, 4],
      [-1, 2, 0, -1],
    ],
    [
      [2, 3],
      [0, 0, 0, 0],
    ],
  ])('%j by %j with a constant', async (dims: number[], pads: number[]) => {
    await checkGradient({ op: 'Pad', inputs: [awayFromZero(dims), int64(pads), float64([2], [])], constants: [1] });
    await checkGradient({ op: 'Pad', inputs: [awayFromZero(dims), int64(pads)], constants: [1] });
  });

  test('some axes only', async () => {
    const inputs = [awayFromZero([2, 3, 4]), int64([1, 0, 0, 2]), float64([2], []), int64([2, 1])];
    await checkGradient({ op: 'Pad', inputs, constants: [1, 3], stacked: [0] });
  });

  test.each(['reflect', 'edge', 'wrap'])('mode %s', async (mode) => {
    const inputs = [awayFromZero([3, 4]), int64([1, 2, 2, 3])];
    const opset = mode === 'wrap' ? 19 : 18;
    await checkGradient({ op: 'Pad', inputs, attributes: { mode }, constants: [1], opset });
    const stackedInputs = [awayFromZero([2, 4]), int64([0, 2, 0, 1])];
    await checkGradient({
      op: 'Pad',
      inputs: stackedInputs,
      attributes: { mode },
      constants: [1],
      stacked: [0],
      opset,
    });
  });
});

describe('no gradient', () => {
  test.each(['Shape', 'Size'])('%s', async (op) => {
    await expect(checkGradient({ op, inputs: [awayFromZero([2, 3])] })).rejects.toThrow('no gradient to x0');
  });

  test('ConstantOfShape passes none to its shape', async () => {
    const attributes = { value: float(1) };
    const through = checkGradient({ op: 'ConstantOfShape', inputs: [int64([2])], wrt: [0], attributes });
    await expect(through).rejects.toThrow();
  });
});
