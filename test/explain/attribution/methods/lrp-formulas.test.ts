/** Rules of LRP against their formulas, written out. */
import { describe, expect, test } from '@jest/globals';
import type { Attribution } from '../../../../src/explain/attribution/method.js';
import { relativeError } from '../../../helpers/attribution.js';
import { explain, inputsOf, network, ROUNDING, type Layers } from '../../../helpers/lrp-networks.js';

describe('z^B with bounds of each channel', () => {
  const shape = [4, 3, 3];
  const [low, high] = [
    [-1, -0.5, -2, -1],
    [1, 2, 0.5, 1.5],
  ];
  const examples = inputsOf(shape, -0.5);
  /** Weight of each element of the input to class `k`, by channel and place. */
  type WeightAt = (w: Float32Array, k: number, c: number, place: number) => number;
  const cases: readonly (readonly [string, readonly number[], readonly number[], Layers, WeightAt])[] = [
    [
      'a convolution',
      low,
      high,
      (g, x, w) => g.op('Flatten', [g.op('Conv', [x, w(2, 4, 3, 3), w(2)])]),
      (w, k, c, p) => w[(k * 4 + c) * 9 + p]!,
    ],
    [
      'a convolution with one lower bound',
      [-2],
      high,
      (g, x, w) => g.op('Flatten', [g.op('Conv', [x, w(2, 4, 3, 3)])]),
      (w, k, c, p) => w[(k * 4 + c) * 9 + p]!,
    ],
    [
      'a convolution in groups',
      low,
      high,
      (g, x, w) => g.op('Flatten', [g.op('Conv', [x, w(2, 2, 3, 3)], { group: 2 })]),
      (w, k, c, p) => (c >> 1 === k ? w[(k * 2 + (c % 2)) * 9 + p]! : 0),
    ],
    [
      'a convolution in groups with bounds for all',
      [-2],
      [2],
      (g, x, w) => g.op('Flatten', [g.op('Conv', [x, w(2, 2, 3, 3)], { group: 2 })]),
      (w, k, c, p) => (c >> 1 === k ? w[(k * 2 + (c % 2)) * 9 + p]! : 0),
    ],
    [
      'a dense layer',
      [-2],
      [2],
      (g, x, w) => g.op('Gemm', [g.op('Flatten', [x]), w(2, 36)], { transB: 1 }),
      (w, k, c, p) => w[k * 36 + c * 9 + p]!,
    ],
  ];

  test.each(cases)('%s', async (_, lows, highs, layers, weightAt) => {
    const explained = await network(shape, layers);
    const weights = explained.values.constant(explained.model.graph!.initializer[0]!.name)!.data as Float32Array;
    const found = await explain(explained, examples, { composite: 'zbox', bounds: { low: lows, high: highs } });
    found.forEach(({ map, output }: Attribution, i) => {
      const { x, target } = examples[i]!;
      const shares = Array.from(x, (value, at) => {
        const w = weightAt(weights, target, Math.floor(at / 9), at % 9);
        const bound = (list: readonly number[]) => list[list.length === 1 ? 0 : Math.floor(at / 9)]!;
        return value * w - bound(lows) * Math.max(w, 0) - bound(highs) * Math.min(w, 0);
      });
      const z = shares.reduce((sum, share) => sum + share, 0);
      expect(
        relativeError(
          map,
          shares.map((share) => (share / z) * output),
        ),
      ).toBeLessThan(ROUNDING);
    });
  });
});

describe('maxima as averages', () => {
  const cases: readonly (readonly [string, number, number, number, number])[] = [
    ['windows that tile the input', 4, 2, 2, 0],
    ['windows of three that tile it', 6, 3, 3, 0],
    ['windows that stop short of its end', 5, 2, 2, 0],
    ['windows with gaps', 5, 2, 3, 0],
    ['windows that overlap', 5, 3, 2, 1],
  ];

  test.each(cases)('%s', async (_, size, kernel, stride, pad) => {
    const shape = [2, size, size];
    const places = Math.floor((size + 2 * pad - kernel) / stride) + 1;
    const each = (value: number) => [value, value];
    const explained = await network(shape, (g, x, weight) => {
      const pads = [...each(pad), ...each(pad)];
      const pooled = g.op('MaxPool', [x], { kernel_shape: each(kernel), strides: each(stride), pads });
      return g.op('Gemm', [g.op('Flatten', [pooled]), weight(2, 2 * places ** 2)], { transB: 1 });
    });
    const weights = explained.values.constant(explained.model.graph!.initializer[0]!.name)!.data as Float32Array;
    const examples = inputsOf(shape, 0);
    const found = await explain(explained, examples, { composite: 'trends', rules: {} });
    found.forEach(({ map }: Attribution, i) => {
      const { x, target } = examples[i]!;
      const expected = new Float64Array(x.length);
      for (let c = 0; c < 2; c++) {
        for (let window = 0; window < places ** 2; window++) {
          const from = [Math.floor(window / places), window % places].map((place) => place * stride - pad);
          const inside: number[] = [];
          for (let a = from[0]!; a < from[0]! + kernel; a++) {
            for (let b = from[1]!; b < from[1]! + kernel; b++) {
              if (a >= 0 && b >= 0 && a < size && b < size) inside.push((c * size + a) * size + b);
            }
          }
          const largest = Math.max(...inside.map((at) => x[at]!));
          const sum = inside.reduce((total, at) => total + x[at]!, 0);
          // LRP-0 of the dense layer, which has no bias: what each input contributed.
          const relevance = largest * weights[(target * 2 + c) * places ** 2 + window]!;
          for (const at of inside) expected[at]! += (x[at]! / sum) * relevance;
        }
      }
      expect(relativeError(map, expected)).toBeLessThan(1e-4);
    });
  });
});

describe('the composite that the network chooses', () => {
  const shape = [1, 4, 4];
  const examples = inputsOf(shape, 0);
  const dense: Layers = (g, x, w) => g.op('Gemm', [g.op('Flatten', [x]), w(2, 16)], { transB: 1 });
  const convolutional: Layers = (g, x, w) => {
    const h = g.op('Relu', [g.op('Conv', [x, w(3, 1, 2, 2)])]);
    return g.op('Gemm', [g.op('Flatten', [h]), w(2, 27)], { transB: 1 });
  };

  test.each([
    ['flat where a convolution sees the input', convolutional, 'epsilon-plus-flat'],
    ['none with flat where a dense layer does', dense, 'epsilon-plus'],
  ])('%s', async (_, layers, composite) => {
    const explained = await network(shape, layers);
    const [chosen, named] = [await explain(explained, examples, {}), await explain(explained, examples, { composite })];
    chosen.forEach(({ map }, i) => {
      expect([...map]).toEqual([...named[i]!.map]);
      expect(new Set(map).size).toBeGreaterThan(1);
    });
  });

  test('flat after a dense layer says the same of every element, as its definition has it', async () => {
    const found = await explain(await network(shape, dense), examples, { composite: 'epsilon-plus-flat' });
    for (const { map } of found) expect(relativeError(map, Array(16).fill(map[0]!))).toBeLessThan(ROUNDING);
  });
});
