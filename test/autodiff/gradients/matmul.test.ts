import { describe, test } from '@jest/globals';
import { awayFromZero, checkGradient } from '../../helpers/gradients/gradient-check.js';

describe('MatMul', () => {
  test.each([
    [
      [3, 4],
      [4, 5],
    ],
    [[4], [4, 5]],
    [[3, 4], [4]],
    [[4], [4]],
    [[2, 3, 4], [4]],
    [[4], [2, 4, 5]],
    [
      [2, 3, 4],
      [4, 5],
    ],
    [
      [3, 4],
      [2, 4, 5],
    ],
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    [
      [2, 1, 3, 4],
      [3, 4, 5],
    ],
    [
      [1, 3, 4],
      [2, 4, 5],
    ],
    [
      [1, 1],
      [1, 1],
    ],
  ])('of %j and %j', async (left: number[], right: number[]) => {
    const inputs = [awayFromZero(left, 1), awayFromZero(right, 2)];
    await checkGradient({ op: 'MatMul', inputs });
    await checkGradient({ op: 'MatMul', inputs, constants: [1] });
    await checkGradient({ op: 'MatMul', inputs, constants: [0] });
  });

  test.each([
    [[3, 4], [4, 5], [0]],
    [[3, 4], [4], [0]],
    [[3, 2, 4], [4, 5], [0]],
    [[3, 2, 4], [4], [0]],
    [
      [3, 2, 4],
      [3, 4, 5],
      [0, 1],
    ],
    [[2, 4], [3, 4, 5], [1]],
    [[4], [3, 4, 5], [1]],
  ])('of %j and %j with a batch of open size', async (left: number[], right: number[], stacked: number[]) => {
    await checkGradient({ op: 'MatMul', inputs: [awayFromZero(left, 1), awayFromZero(right, 2)], stacked });
  });
});
