import { describe, test } from '@jest/globals';
import { float } from '../../../src/onnx/attributes.js';
import { awayFromZero, checkGradient } from '../../helpers/gradients/gradient-check.js';

describe('Gemm', () => {
  test.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])('transA %i, transB %i, scaled', async (transA, transB) => {
    const a = awayFromZero(transA ? [4, 3] : [3, 4], 1);
    const b = awayFromZero(transB ? [5, 4] : [4, 5], 2);
    const attributes = { transA, transB, alpha: float(0.5), beta: float(1.5) };
    await checkGradient({ op: 'Gemm', inputs: [a, b, awayFromZero([5], 3)], attributes });
  });

  test.each([[[]], [[1]], [[3, 1]], [[1, 5]], [[3, 5]]])('C of shape %j is broadcast', async (dims: number[]) => {
    await checkGradient({ op: 'Gemm', inputs: [awayFromZero([3, 4]), awayFromZero([4, 5]), awayFromZero(dims)] });
  });

  test('without C', async () => {
    await checkGradient({ op: 'Gemm', inputs: [awayFromZero([3, 4]), awayFromZero([4, 5])] });
  });
});
