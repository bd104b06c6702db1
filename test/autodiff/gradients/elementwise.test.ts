import { describe, expect, test } from '@jest/globals';
import { float } from '../../../src/onnx/attributes.js';
import { float32, float64, int64 } from '../../../src/tensor.js';
import {
  awayFromZero,
  checkFunction,
  checkGradient,
  grid,
  positive,
  wholeNumbers,
} from '../../helpers/gradient-check.js';

describe('of one input', () => {
  test.each(['Abs', 'Exp', 'Identity', 'Neg', 'Relu', 'Sigmoid', 'Tanh'])('%s', async (op) => {
    await checkGradient({ op, inputs: [awayFromZero([3, 5])] });
    await checkGradient({ op, inputs: [awayFromZero([])] });
  });

  test.each(['Log', 'Sqrt'])('%s', (op) => checkGradient({ op, inputs: [positive([3, 5])] }));

  test.each([{}, { alpha: float(0.3) }])('LeakyRelu %j', async ({ alpha }) => {
    const slope = alpha ? 0.3 : 0.01;
    await checkFunction({ op: 'LeakyRelu', attributes: { alpha } }, (x) => (x > 0 ? x : slope * x), grid(3));
  });

  test('Erf', () => checkFunction({ op: 'Erf' }, errorFunction, grid(3)));

  test('Gelu', async () => {
    await checkFunction({ op: 'Gelu', opset: 20 }, (x) => (x / 2) * (1 + errorFunction(x / Math.SQRT2)), grid(4));
  });

  test('Gelu, tanh approximation', async () => {
    const gelu = (x: number) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    await checkFunction({ op: 'Gelu', opset: 20, attributes: { approximate: 'tanh' } }, gelu, grid(4));
  });
});

/** erf x = (2/√π) Σ (−1)ⁿ x²ⁿ⁺¹ / (n!(2n + 1)), summed until nothing changes. */
function errorFunction(x: number): number {
  let [term, sum, n] = [x, 0, 0];
  while (Math.abs(term) > 1e-18) {
    sum += term / (2 * n + 1);
    term *= -(x * x) / ++n;
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

describe('of several inputs, broadcast', () => {
  const shapes = [
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
    [
      [1, 3],
      [1, 3],
    ],
  ] as const;

  test.each(['Add', 'Sub', 'Mul', 'Div'])('%s', async (op) => {
    for (const [left, right] of shapes) {
      await checkGradient({ op, inputs: [awayFromZero(left, 1), awayFromZero(right, 2)] });
    }
    await checkGradient({ op, inputs: [awayFromZero([4, 3], 1), awayFromZero([1, 3], 2)], stacked: [0] });
    await checkGradient({ op, inputs: [awayFromZero([1, 3], 1), awayFromZero([4, 3], 2)], stacked: [1] });
  });

  test('Sum', async () => {
    await checkGradient({ op: 'Sum', inputs: [awayFromZero([2, 3]), awayFromZero([3], 2), awayFromZero([2, 1], 3)] });
    await checkGradient({ op: 'Sum', inputs: [awayFromZero([2, 3])] });
  });

  test('Where', async () => {
    const condition = { type: 'bool', dims: [2, 1, 3], data: Uint8Array.of(1, 0, 1, 0, 0, 1) } as const;
    await checkGradient({ op: 'Where', inputs: [condition, awayFromZero([4, 1]), awayFromZero([3], 2)] });
    await checkGradient({ op: 'Where', inputs: [condition, awayFromZero([2, 4, 3]), awayFromZero([], 2)] });
  });

  test('Where passes nothing of a NaN that was not chosen', async () => {
    const condition = { type: 'bool', dims: [2], data: Uint8Array.of(1, 0) } as const;
    await checkGradient({ op: 'Where', inputs: [condition, awayFromZero([2]), float64([NaN, 1])], wrt: [0 + 1] });
  });
});

describe('Pow', () => {
  test('broadcast, positive base', async () => {
    await checkGradient({ op: 'Pow', inputs: [positive([2, 3]), awayFromZero([3], 2)] });
    await checkGradient({ op: 'Pow', inputs: [positive([3]), awayFromZero([2, 3], 2)] });
  });

  test.each([0, 1, 2, 3, -1, 0.5])('exponent %d', async (exponent) => {
    const base = exponent === 0.5 ? positive([5]) : awayFromZero([5]);
    await checkGradient({ op: 'Pow', inputs: [base, float64([exponent], [])], wrt: [0], constants: [1] });
    await checkGradient({ op: 'Pow', inputs: [base, float64([exponent], [])], wrt: [0] });
  });

  test('whole exponents of another type', async () => {
    await checkGradient({ op: 'Pow', inputs: [awayFromZero([3]), int64([2, 3, 0])] });
    await checkGradient({ op: 'Pow', inputs: [positive([3]), float32([2, 3, 0.5])], wrt: [0] });
  });

  test('at 0', () => checkGradient({ op: 'Pow', inputs: [float64([0, 0, 0]), float64([2, 1, 3])], wrt: [0] }));
});

describe('Clip', () => {
  const x = float64([-2, -0.9, -0.1, 0.4, 0.7, 3]);
  const [low, high] = [float64([-1], []), float64([0.5], [])];
  test.each([
    ['both bounds', [x, low, high]],
    ['the lower bound', [x, low]],
    ['the upper bound', [x, undefined, high]],
    ['no bound', [x]],
  ])('%s', (_, inputs) => checkGradient({ op: 'Clip', inputs }));

  test('constant bounds', () => checkGradient({ op: 'Clip', inputs: [x, low, high], constants: [1, 2] }));
});

describe.each(['Softmax', 'LogSoftmax'])('%s', (op) => {
  test.each([undefined, 0, 1, -1])('axis %s', async (axis) => {
    await checkGradient({ op, inputs: [awayFromZero([3, 4, 2])], attributes: { axis } });
    await checkGradient({ op, inputs: [awayFromZero([3, 4])], attributes: { axis: axis ?? 0 }, stacked: [0] });
  });
});

describe('Cast', () => {
  test('between floating-point types', () =>
    checkGradient({ op: 'Cast', inputs: [wholeNumbers([2, 3])], attributes: { to: 11 }, exact: true }));

  test('to whole numbers has no gradient', async () => {
    const through = checkGradient({ op: 'Cast', inputs: [wholeNumbers([2, 3])], attributes: { to: 7 }, exact: true });
    await expect(through).rejects.toThrow('no gradient to x0');
  });
});

test('CastLike', async () => {
  const inputs = [wholeNumbers([2, 3]), awayFromZero([1])];
  await checkGradient({ op: 'CastLike', inputs, wrt: [0], exact: true });
});

describe('Dropout', () => {
  test('in inference', () => checkGradient({ op: 'Dropout', inputs: [awayFromZero([3, 4])], outputs: 2 }));

  test('with a training mode of false', async () => {
    const off = { type: 'bool', dims: [], data: Uint8Array.of(0) } as const;
    const inputs = [awayFromZero([3, 4]), float32([0.5], []), off];
    await checkGradient({ op: 'Dropout', inputs, constants: [1, 2] });
    await checkGradient({ op: 'Dropout', inputs, wrt: [0] });
  });
});
