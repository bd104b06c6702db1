import { describe, test } from '@jest/globals';
import { float } from '../../../src/onnx/attributes.js';
import { awayFromZero, checkFunction, checkGradient, grid } from '../../helpers/gradients/gradient-check.js';

describe('of one input', () => {
  test.each([
    ['Sin', {}],
    ['Cos', {}],
    ['Elu', {}],
    ['Elu', { alpha: float(0.3) }],
    ['Selu', {}],
    ['Selu', { alpha: float(1.5), gamma: float(0.7) }],
    ['HardSigmoid', {}],
    ['HardSigmoid', { alpha: float(0.6), beta: float(0.4) }],
    ['HardSwish', {}],
    ['Mish', {}],
    ['Softplus', {}],
    ['Softsign', {}],
    ['ThresholdedRelu', { alpha: float(0.5) }],
    ['Reciprocal', {}],
    ['LeakyRelu', { alpha: float(0.3) }],
  ])('%s %j', (op, attributes) => checkGradient({ op, inputs: [awayFromZero([3, 7])], attributes }));

  test.each([
    ['Tan', Math.tan, 1.2],
    ['Asin', Math.asin, 0.9],
    ['Acos', Math.acos, 0.9],
    ['Atan', Math.atan, 3],
    ['Sinh', Math.sinh, 3],
    ['Cosh', Math.cosh, 3],
    ['Asinh', Math.asinh, 3],
    ['Atanh', Math.atanh, 0.9],
  ])('%s', (op, f, range) => checkFunction({ op }, f, grid(range)));

  test('Acosh', async () => {
    const above1 = grid(1).map((x) => x + 2.1);
    await checkFunction({ op: 'Acosh' }, Math.acosh, above1);
  });

  test.each([1, 0.4])('Celu with alpha %d', async (alpha) => {
    const celu = (x: number) => (x > 0 ? x : alpha * Math.expm1(x / alpha));
    await checkFunction({ op: 'Celu', attributes: { alpha: float(alpha) } }, celu, grid(3));
  });

  test('Swish with a slope', async () => {
    const attributes = { alpha: float(1.5) };
    await checkGradient({ op: 'Swish', inputs: [awayFromZero([3, 5])], attributes, opset: 24 });
  });

  test('far from zero nothing overflows', async () => {
    const elu = (alpha: number, gamma: number) => (x: number) => gamma * (x > 0 ? x : alpha * Math.expm1(x));
    await checkFunction({ op: 'Elu' }, elu(1, 1), [-100, -1, 1, 100]);
    await checkFunction({ op: 'Selu' }, elu(1.67326319217681884765625, 1.05070102214813232421875), [-100, -1, 1, 100]);
    await checkFunction({ op: 'Celu' }, elu(1, 1), [-100, -1, 1, 100]);
    await checkFunction({ op: 'Softplus' }, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), [-100, 1, 100]);
  });
});

test.each([[[3, 4]], [[4]], [[1]], [[3, 1]], [[]]])('PRelu with slopes of shape %j', async (dims: number[]) => {
  await checkGradient({ op: 'PRelu', inputs: [awayFromZero([2, 3, 4]), awayFromZero(dims, 2)] });
  await checkGradient({ op: 'PRelu', inputs: [awayFromZero([2, 3, 4]), awayFromZero(dims, 2)], stacked: [0] });
});

describe.each(['Softmax', 'LogSoftmax'])('%s', (op) => {
  test.each([undefined, 0, 1, -1])('axis %s', async (axis) => {
    await checkGradient({ op, inputs: [awayFromZero([3, 4, 2])], attributes: { axis } });
    await checkGradient({ op, inputs: [awayFromZero([3, 4])], attributes: { axis: axis ?? 0 }, stacked: [0] });
  });
});
