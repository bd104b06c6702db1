import { describe, expect, test } from '@jest/globals';
import {
  KEEP,
  numericGradient,
  operands,
  ours,
  reference,
  ROUNDING,
  RUNNING_VARIANCE,
  type Case,
} from '../helpers/batch-norm.js';

const CASES: readonly (Case & { name: string })[] = [
  { name: 'a vector, without ghosts', examples: 5, ghosts: 0, shape: [3] },
  { name: 'a vector, with ghosts', examples: 5, ghosts: 4, shape: [3] },
  { name: 'a vector, ghosts only', examples: 5, ghosts: 4, shape: [3], statistics: 'ghost-only' },
  { name: 'an image, without ghosts', examples: 3, ghosts: 0, shape: [2, 2, 3] },
  { name: 'an image, with ghosts', examples: 3, ghosts: 4, shape: [2, 2, 3] },
  { name: 'an image, ghosts only', examples: 3, ghosts: 4, shape: [2, 2, 3], statistics: 'ghost-only' },
  { name: 'a sequence, with ghosts', examples: 3, ghosts: 2, shape: [2, 5] },
  { name: 'a single example, with ghosts', examples: 1, ghosts: 6, shape: [3] },
  { name: 'a single ghost', examples: 4, ghosts: 1, shape: [2, 2, 2] },
  { name: 'a single image, without ghosts', examples: 1, ghosts: 0, shape: [2, 2, 2] },
];

describe('batch norm of', () => {
  test.each(CASES)('$name is that of the paper', async (given) => {
    const { dy, ...at } = operands(given);
    const expected = reference(at, given);
    const { y, out_running_mean, out_running_var } = await ours(at, dy, given);
    expect(y).toBeAllClose(expected.y, ROUNDING);
    expect(out_running_mean).toBeAllClose(expected.means, ROUNDING);
    expect(out_running_var).toBeAllClose(expected.variances, ROUNDING);
  });

  test.each(CASES)('$name has the gradient that differences say', async (given) => {
    const { dy, ...at } = operands(given);
    const { out_d_x, out_d_scale, out_d_bias } = await ours(at, dy, given);
    expect(out_d_x).toBeAllClose(numericGradient(at, dy, 'x', given), ROUNDING);
    expect(out_d_scale).toBeAllClose(numericGradient(at, dy, 'scale', given), ROUNDING);
    expect(out_d_bias).toBeAllClose(numericGradient(at, dy, 'bias', given), ROUNDING);
  });
});

test('equal rows have no variance: the running one shrinks, and nothing is divided by zero', async () => {
  const given = { examples: 1, ghosts: 0, shape: [2] };
  const at = { x: Float64Array.of(3, -4), scale: Float64Array.of(1, 2), bias: Float64Array.of(0.5, 1) };
  const { y, out_d_x, out_running_var } = await ours(at, Float64Array.of(1, 1), given);
  expect(y).toEqual([0.5, 1]);
  expect(out_d_x).toEqual([0, 0]);
  expect(out_running_var).toBeAllClose([KEEP * RUNNING_VARIANCE, KEEP * RUNNING_VARIANCE], ROUNDING);
});
