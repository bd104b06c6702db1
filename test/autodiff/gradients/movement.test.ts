import { describe, expect, test } from '@jest/globals';
import { int64 } from '../../../src/tensor.js';
import { awayFromZero, checkGradient, wholeNumbers } from '../../helpers/gradients/gradient-check.js';

describe('Slice', () => {
  test.each([
    ['a part', [1], [3], [1], undefined],
    ['two axes, counted from the end', [-3, 0], [-1, 2], [-1, 0], undefined],
    ['beyond the end', [1, 0], [1000, 9], [2, 1], [1, 1]],
    ['with steps', [0, 4], [5, 0], [1, 2], [2, -1]],
    ['nothing', [2], [1], [1], undefined],
    ['backwards', [-1], [-1000], [2], [-2]],
  ])('%s', async (_, starts, ends, axes, steps) => {
    const inputs = [awayFromZero([2, 4, 5]), int64(starts), int64(ends), int64(axes), steps && int64(steps)];
    await checkGradient({ op: 'Slice', inputs, constants: [1, 2, 3, 4] });
  });

  test('of the batch', async () => {
    const inputs = [awayFromZero([3, 4]), int64([1]), int64([1000])];
    await checkGradient({ op: 'Slice', inputs, constants: [1, 2], stacked: [0] });
  });

  test('of examples', async () => {
    const inputs = [awayFromZero([3, 4]), int64([1]), int64([3]), int64([1])];
    await checkGradient({ op: 'Slice', inputs, constants: [1, 2, 3], stacked: [0] });
  });
});

describe('Split', () => {
  test('into given sizes', async () => {
    const inputs = [awayFromZero([2, 6]), int64([1, 0, 5])];
    await checkGradient({ op: 'Split', inputs, attributes: { axis: 1 }, constants: [1], outputs: 3, stacked: [0] });
  });
  test('into equal parts', async () => {
    await checkGradient({ op: 'Split', inputs: [awayFromZero([5, 2])], attributes: { num_outputs: 3 }, outputs: 3 });
    await checkGradient({ op: 'Split', inputs: [awayFromZero([5, 2])], attributes: { num_outputs: 1 } });
  });
});

describe('Gather', () => {
  test.each([
    [0, [2]],
    [1, [2, 2]],
    [-1, []],
    [1, []],
  ])('axis %i, indices of shape %j', async (axis, dims: number[]) => {
    const indices = int64(
      [1, 1, -1, 0].slice(
        0,
        dims.reduce((a, b) => a * b, 1),
      ),
      dims,
    );
    await checkGradient({ op: 'Gather', inputs: [awayFromZero([2, 3, 4]), indices], attributes: { axis } });
    await checkGradient({
      op: 'Gather',
      inputs: [awayFromZero([2, 3, 4]), indices],
      attributes: { axis },
      constants: [1],
      stacked: [0],
    });
  });
});

test('GatherElements', async () => {
  const inputs = [awayFromZero([2, 3]), int64([0, 0, -1, 1, 2, 0], [2, 3])];
  await checkGradient({ op: 'GatherElements', inputs, attributes: { axis: 1 } });
  await checkGradient({ op: 'GatherElements', inputs: [awayFromZero([3, 3]), int64([0, 0, 2], [1, 3])] });
});

test('GatherND', async () => {
  await checkGradient({ op: 'GatherND', inputs: [awayFromZero([2, 3, 4]), int64([0, 1, 1, 2, 0, 1], [3, 2])] });
  const inputs = [awayFromZero([2, 3, 4]), int64([1, 0], [2, 1])];
  await checkGradient({ op: 'GatherND', inputs, attributes: { batch_dims: 1 } });
});

describe('ScatterElements', () => {
  test.each(['none', 'add'])('reduction %s', async (reduction) => {
    const inputs = [awayFromZero([2, 4]), int64([1, 3, 0, 2], [2, 2]), awayFromZero([2, 2], 2)];
    await checkGradient({ op: 'ScatterElements', inputs, attributes: { axis: 1, reduction } });
  });
  test('indices that repeat are added up', async () => {
    const inputs = [awayFromZero([2, 4]), int64([1, 1, 1, 2], [2, 2]), awayFromZero([2, 2], 2)];
    await checkGradient({ op: 'ScatterElements', inputs, attributes: { axis: 1, reduction: 'add' } });
  });
  test('another reduction is refused', async () => {
    const inputs = [awayFromZero([2, 4]), int64([1, 3, 0, 2], [2, 2]), awayFromZero([2, 2], 2)];
    const product = checkGradient({ op: 'ScatterElements', inputs, attributes: { axis: 1, reduction: 'mul' } });
    await expect(product).rejects.toThrow('node y0 (ScatterElements): reduction "mul" has no gradient');
  });
});

describe('ScatterND', () => {
  test.each(['none', 'add'])('reduction %s', async (reduction) => {
    const inputs = [awayFromZero([4, 3]), int64([2, 0], [2, 1]), awayFromZero([2, 3], 2)];
    await checkGradient({ op: 'ScatterND', inputs, attributes: { reduction } });
  });
});

describe('Expand', () => {
  test.each([
    [
      [3, 1],
      [2, 1, 4],
      [2, 3, 4],
    ],
    [[1], [2, 3], [2, 3]],
    [[], [2], [2]],
    [
      [2, 3],
      [1, 3],
      [2, 3],
    ],
  ])('%j to %j', async (dims: number[], shape: number[]) => {
    await checkGradient({ op: 'Expand', inputs: [awayFromZero(dims), int64(shape)], constants: [1] });
  });
  test('of examples', async () => {
    await checkGradient({ op: 'Expand', inputs: [awayFromZero([3, 1]), int64([1, 4])], constants: [1], stacked: [0] });
  });
});

test('Tile', async () => {
  await checkGradient({ op: 'Tile', inputs: [awayFromZero([2, 3]), int64([2, 3])], constants: [1] });
  await checkGradient({ op: 'Tile', inputs: [awayFromZero([2, 3]), int64([1, 2])], constants: [1], stacked: [0] });
});

test.each([
  [undefined, 1],
  [1, 0],
  [-1, 1],
])('Trilu with k = %p, upper %i', async (k, upper) => {
  const offset = k === undefined ? undefined : { ...int64([k]), dims: [] };
  await checkGradient({ op: 'Trilu', inputs: [awayFromZero([2, 3, 4]), offset], attributes: { upper } });
});

test('ReverseSequence', async () => {
  const inputs = [wholeNumbers([4, 3]), int64([4, 2, 1])];
  await checkGradient({ op: 'ReverseSequence', inputs, attributes: { time_axis: 0, batch_axis: 1 }, exact: true });
});

describe('pixels and channels', () => {
  test.each(['DCR', 'CRD'])('DepthToSpace in mode %s', async (mode) => {
    const attributes = { blocksize: 2, mode };
    await checkGradient({ op: 'DepthToSpace', inputs: [awayFromZero([2, 8, 2, 3])], attributes, stacked: [0] });
  });
  test('SpaceToDepth', async () => {
    await checkGradient({ op: 'SpaceToDepth', inputs: [awayFromZero([2, 2, 4, 6])], attributes: { blocksize: 2 } });
  });
});
