import { describe, test } from '@jest/globals';
import { float } from '../../../src/onnx/attributes.js';
import { elementCount, float32, type Tensor } from '../../../src/tensor.js';
import { awayFromZero, checkGradient, checkReference, positive } from '../../helpers/gradients/gradient-check.js';

const asFloat32 = ({ data, dims }: Tensor<'float64'>) => float32(data, dims);

/** h[block] = (x − mean)/√(variance + ε) over consecutive blocks of `size` elements. */
function standardized(x: Float64Array, size: number, epsilon: number): Float64Array {
  const h = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += size) {
    const block = x.subarray(start, start + size);
    const mean = block.reduce((sum, value) => sum + value, 0) / size;
    const variance = block.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    block.forEach((value, i) => (h[start + i] = (value - mean) / Math.sqrt(variance + epsilon)));
  }
  return h;
}

describe('BatchNormalization in inference', () => {
  test.each([[[4, 3]], [[2, 3, 5]], [[2, 3, 2, 4]], [[2, 3, 2, 2, 2]]])('of %j', async (dims) => {
    const channel = (seed: number) => awayFromZero([3], seed);
    const inputs = [awayFromZero(dims), channel(2), channel(3), channel(4), positive([3], 5)];
    await checkGradient({ op: 'BatchNormalization', inputs, attributes: { epsilon: float(0.01) } });
    await checkGradient({ op: 'BatchNormalization', inputs, stacked: [0] });
  });
});

describe('LayerNormalization', () => {
  test.each([
    [-1, [4]],
    [1, [3, 4]],
    [0, [2, 3, 4]],
    [2, []],
    [1, [4]],
  ])('axis %i, scale of %j', async (axis, dims: number[]) => {
    const inputs = [awayFromZero([2, 3, 4]), awayFromZero(dims, 2), awayFromZero(dims, 3)];
    const attributes = { axis, epsilon: float(0.01) };
    await checkGradient({ op: 'LayerNormalization', inputs, attributes });
    await checkGradient({ op: 'LayerNormalization', inputs: inputs.slice(0, 2), attributes });
    if (axis !== 0) await checkGradient({ op: 'LayerNormalization', inputs, attributes, stacked: [0] });
  });
});

describe('GroupNormalization', () => {
  test.each([
    [18, 2, [2]],
    [21, 2, [4]],
    [21, 4, [4]],
    [21, 1, [4]],
  ])('operator set %i, %i groups, scales %j', async (opset, groups, scales) => {
    const inputs = [awayFromZero([2, 4, 3, 2]), awayFromZero(scales, 2), awayFromZero(scales, 3)];
    // Operator set 21 computes in float32 by default to use float64 (element type 11).
    const attributes = { num_groups: groups, epsilon: float(0.01), ...(opset >= 21 && { stash_type: 11 }) };
    await checkGradient({ op: 'GroupNormalization', inputs, attributes, opset });
    await checkGradient({ op: 'GroupNormalization', inputs, attributes, opset, stacked: [0] });
  });
});

test.each([[[2, 3, 4]], [[2, 3, 2, 3]]])('InstanceNormalization of %j', async (dims) => {
  const inputs = [awayFromZero(dims), awayFromZero([3], 2), awayFromZero([3], 3)].map(asFloat32);
  const size = elementCount(dims.slice(2));
  const slow = (x: Float64Array, scale: Float64Array, bias: Float64Array) =>
    standardized(x, size, 0.01).map((h, i) => scale[Math.floor(i / size) % 3]! * h + bias[Math.floor(i / size) % 3]!);
  const attributes = { epsilon: float(0.01) };
  await checkReference({ op: 'InstanceNormalization', inputs, attributes }, slow);
  await checkReference({ op: 'InstanceNormalization', inputs, attributes, stacked: [0] }, slow);
});

test('MeanVarianceNormalization', async () => {
  const x = asFloat32(awayFromZero([2, 3, 2, 2]));
  const perExample = { op: 'MeanVarianceNormalization', inputs: [x], attributes: { axes: [2, 3] } };
  await checkReference(perExample, (values) => standardized(values, 4, 0));
  await checkReference({ ...perExample, stacked: [0] }, (values) => standardized(values, 4, 0));
});

describe('LpNormalization', () => {
  test.each([
    [1, -1],
    [2, -1],
    [2, 0],
    [1, 1],
  ])('p = %i, axis %i', async (p, axis) => {
    await checkGradient({
      op: 'LpNormalization',
      inputs: [awayFromZero([3, 4, 2])],
      attributes: { p, axis },
      opset: 22,
    });
  });
});

describe('LRN', () => {
  // ONNX Runtime takes odd sizes only.
  test.each([1, 3, 5, 7])('over %i channels', async (size) => {
    const [alpha, beta, bias] = [0.5, 0.6, 1.5];
    const slow = (x: Float64Array) =>
      x.map((value, i) => {
        const [example, channel, place] = [Math.floor(i / 20), Math.floor(i / 4) % 5, i % 4];
        let sum = 0;
        for (let c = channel - Math.floor((size - 1) / 2); c <= channel + Math.ceil((size - 1) / 2); c++) {
          if (c >= 0 && c < 5) sum += x[example * 20 + c * 4 + place]! ** 2;
        }
        return value / (bias + (alpha / size) * sum) ** beta;
      });
    const attributes = { size, alpha: float(alpha), beta: float(beta), bias: float(bias) };
    const inputs = [asFloat32(awayFromZero([2, 5, 2, 2]))];
    await checkReference({ op: 'LRN', inputs, attributes }, slow);
    await checkReference({ op: 'LRN', inputs, attributes, stacked: [0] }, slow);
  });
});
