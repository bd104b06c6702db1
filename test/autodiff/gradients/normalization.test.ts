import { describe, test } from '@jest/globals';
import { float } from '../../../src/onnx/attributes.js';
import { awayFromZero, checkGradient, positive } from '../../helpers/gradient-check.js';

describe('BatchNormalization in inference', () => {
  test.each([[[4, 3]], [[2, 3, 5]], [[2, 3, 2, 4]], [[2, 3, 2, 2, 2]]])('of %j', async (dims) => {
    const channel = (seed: number) => awayFromZero([3], seed);
    const inputs = [awayFromZero(dims), channel(2), channel(3), channel(4), positive([3], 5)];
    await checkGradient({ op: 'BatchNormalization', inputs, attributes: { epsilon: float(0.01) } });
    await checkGradient({ op: 'BatchNormalization', inputs, stacked: [0] });
  });
});
