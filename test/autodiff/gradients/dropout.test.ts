import { describe, test } from '@jest/globals';
import { float32 } from '../../../src/tensor.js';
import { awayFromZero, checkGradient } from '../../helpers/gradients/gradient-check.js';

describe('Dropout', () => {
  test('in inference', () => checkGradient({ op: 'Dropout', inputs: [awayFromZero([3, 4])], outputs: 2 }));

  test('with a training mode of false', async () => {
    const off = { type: 'bool', dims: [], data: Uint8Array.of(0) } as const;
    const inputs = [awayFromZero([3, 4]), float32([0.5], []), off];
    await checkGradient({ op: 'Dropout', inputs, constants: [1, 2] });
    await checkGradient({ op: 'Dropout', inputs, wrt: [0] });
  });
});
