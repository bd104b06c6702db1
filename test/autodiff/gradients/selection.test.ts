import { describe, test } from '@jest/globals';
import { float32, float64, int64 } from '../../../src/tensor.js';
import { awayFromZero, checkGradient, distinct, distinctWhole } from '../../helpers/gradients/gradient-check.js';

describe.each(['Max', 'Min'])('%s', (op) => {
  test('of broadcast operands', async () => {
    await checkGradient({ op, inputs: [awayFromZero([2, 3]), awayFromZero([3], 2), awayFromZero([2, 1], 3)] });
    await checkGradient({ op, inputs: [awayFromZero([4, 3]), awayFromZero([3], 2)], stacked: [0] });
  });
  test('of one operand', () => checkGradient({ op, inputs: [awayFromZero([2, 3])] }));
});

describe.each(['ReduceMax', 'ReduceMin'])('%s', (op) => {
  test.each([
    [undefined, 1],
    [undefined, 0],
    [[0], 0],
    [[1, -1], 0],
    [[1, 2], 1],
  ])('over axes %j, keepdims %i', async (axes: number[] | undefined, keepdims) => {
    const inputs = [distinct([2, 3, 4]), axes && int64(axes)];
    await checkGradient({ op, inputs, attributes: { keepdims }, constants: [1] });
    await checkGradient({ op, inputs, attributes: { keepdims }, constants: [1], stacked: [0] });
  });

  test('over no axes', async () => {
    await checkGradient({ op, inputs: [awayFromZero([2, 3])], attributes: { noop_with_empty_axes: 1 } });
  });
});

test.each([[[2, 3, 4, 5]], [[2, 3, 4]], [[2, 3, 2, 2, 3]]])('GlobalMaxPool of %j', async (dims) => {
  await checkGradient({ op: 'GlobalMaxPool', inputs: [distinctWhole(dims)], exact: true });
  await checkGradient({ op: 'GlobalMaxPool', inputs: [distinctWhole(dims)], exact: true, stacked: [0] });
});

describe('TopK', () => {
  test.each([
    [0, 1],
    [1, 1],
    [-1, 0],
  ])('axis %i, largest %i', async (axis, largest) => {
    const inputs = [distinct([3, 4]), int64([2])];
    await checkGradient({ op: 'TopK', inputs, attributes: { axis, largest }, outputs: 2, constants: [1] });
  });
});

test('Compress', async () => {
  const condition = { type: 'bool', dims: [3], data: Uint8Array.of(1, 0, 1) } as const;
  await checkGradient({
    op: 'Compress',
    inputs: [float64([1, 2, 3, 4, 5, 6], [3, 2]), condition],
    attributes: { axis: 0 },
    constants: [1],
  });
  await checkGradient({ op: 'Compress', inputs: [float64([1, 2, 3, 4, 5, 6], [3, 2]), condition], constants: [1] });
});

test('Max of float32', () => checkGradient({ op: 'Max', inputs: [float32([64, -64]), float32([0, 0])], exact: true }));
