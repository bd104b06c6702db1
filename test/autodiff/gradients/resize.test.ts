import { describe, expect, test } from '@jest/globals';
import { float32, int64 } from '../../../src/tensor.js';
import { checkGradient, wholeNumbers } from '../../helpers/gradient-check.js';

describe('Resize', () => {
  test.each([
    ['nearest', 'half_pixel', [1, 1, 2, 2]],
    ['nearest', 'asymmetric', [1, 1, 2, 3]],
    ['nearest', 'half_pixel', [1, 1, 0.6, 1]],
    ['linear', 'half_pixel', [1, 1, 2, 2]],
    ['linear', 'align_corners', [1, 1, 2, 1.5]],
    ['linear', 'asymmetric', [1, 1, 0.5, 2]],
    ['linear', 'pytorch_half_pixel', [1, 1, 2, 0.25]],
    ['cubic', 'half_pixel', [1, 1, 2, 2]],
  ])('%s, %s, scales %j', async (mode, coordinates, scales) => {
    const attributes = { mode, coordinate_transformation_mode: coordinates };
    const inputs = [wholeNumbers([2, 3, 4, 5]), undefined, float32(scales)];
    await checkGradient({ op: 'Resize', inputs, attributes, constants: [2], linear: true });
    await checkGradient({ op: 'Resize', inputs, attributes, constants: [2], linear: true, stacked: [0] });
  });

  test.each(['nearest', 'linear'])('%s to sizes', async (mode) => {
    const inputs = [wholeNumbers([2, 3, 4, 5]), undefined, undefined, int64([2, 3, 7, 4])];
    await checkGradient({ op: 'Resize', inputs, attributes: { mode }, constants: [3], linear: true });
  });

  test('some axes', async () => {
    const inputs = [wholeNumbers([2, 3, 4, 5]), undefined, undefined, int64([7, 4])];
    const attributes = { mode: 'linear', axes: [2, 3] };
    await checkGradient({ op: 'Resize', inputs, attributes, constants: [3], linear: true, stacked: [0] });
  });

  test.each([3, 5])('of rank %i', async (rank) => {
    const dims = [2, 3, 4, 5, 2].slice(0, rank);
    const inputs = [wholeNumbers(dims), undefined, float32([1, 1, 2, 2, 2].slice(0, rank))];
    await checkGradient({ op: 'Resize', inputs, attributes: { mode: 'nearest' }, constants: [2], linear: true });
  });

  test('what is not linear is refused', async () => {
    const inputs = [wholeNumbers([1, 1, 4, 4]), float32([0, 0, 0, 0, 1, 1, 1, 1]), float32([1, 1, 2, 2])];
    const attributes = { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize' };
    const refused = checkGradient({ op: 'Resize', inputs, attributes, wrt: [0], constants: [1, 2] });
    await expect(refused).rejects.toThrow('Resize with tf_crop_and_resize has no gradient');
  });
});
