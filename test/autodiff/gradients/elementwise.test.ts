import { describe, expect, test } from '@jest/globals';
import { float } from '../../../src/onnx/attributes.js';
import {
  awayFromZero,
  checkFunction,
  checkGradient,
  grid,
  positive,
  wholeNumbers,
} from '../../helpers/gradients/gradient-check.js';

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
