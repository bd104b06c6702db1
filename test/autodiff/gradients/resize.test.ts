import { describe, expect, test } from '@jest/globals';
import { float } from '../../../src/onnx/attributes.js';
import { float32, int64 } from '../../../src/tensor.js';
import { checkGradient, wholeNumbers } from '../../helpers/gradients/gradient-check.js';

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

  test.each([
    ['linear', [0, 0, 0.4, 0.2, 1, 1, 0.9, 0.8], { scales: [1, 1, 2, 0.8] }, undefined],
    ['nearest', [0, 0, 0.4, 0.2, 1, 1, 0.9, 0.8], { sizes: [2, 3, 3, 4] }, undefined],
    // An axis of the same size is cropped too; what lies outside is a constant.
    ['linear', [0, 0, 0, -0.3, 1, 1, 1, 1.4], { sizes: [2, 3, 4, 5] }, undefined],
    ['linear', [0.1, 0.4, 1.2, 0.9], { sizes: [3, 3] }, [3, 2]],
  ])('%s, a region %j to %j', async (mode, region, { scales, sizes }: Target, axes) => {
    const target = scales ? [float32(scales)] : [undefined, int64(sizes!)];
    const inputs = [wholeNumbers([2, 3, 4, 5]), float32(region), ...target];
    const attributes = {
      mode,
      axes,
      coordinate_transformation_mode: 'tf_crop_and_resize',
      extrapolation_value: float(7),
    };
    const constants = [1, inputs.length - 1];
    await checkGradient({ op: 'Resize', inputs, attributes, wrt: [0], constants, linear: true });
  });

  test('one that keeps the ratio of its axes is refused', async () => {
    const inputs = [wholeNumbers([1, 1, 4, 4]), undefined, undefined, int64([1, 1, 7, 8])];
    const attributes = { mode: 'linear', keep_aspect_ratio_policy: 'not_larger' };
    const refused = checkGradient({ op: 'Resize', inputs, attributes, wrt: [0], constants: [3] });
    await expect(refused).rejects.toThrow('Resize with keep_aspect_ratio_policy not_larger has no gradient');
  });
});

interface Target {
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
}
