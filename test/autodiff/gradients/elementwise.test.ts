import { describe, test } from '@jest/globals';
import { awayFromZero, checkGradient } from '../../helpers/gradient-check.js';

describe.each(['Relu'])('%s', (op) => {
  test('of one input', () => checkGradient({ op, inputs: [awayFromZero([3, 5])] }));
});

describe.each(['Mul'])('%s', (op) => {
  test.each([
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
  ])('of %j and %j', (left, right) => checkGradient({ op, inputs: [awayFromZero(left, 1), awayFromZero(right, 2)] }));
});
