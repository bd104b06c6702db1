import { describe, expect, test } from '@jest/globals';
import { emitBackward, emitForward } from '../../src/autodiff/differentiate.js';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { inferValues } from '../../src/graph/values.js';
import { float } from '../../src/onnx/attributes.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { float32, int32, toNumbers } from '../../src/tensor.js';
import { seededDropout } from '../../src/train/seeded-dropout.js';
import { runtime } from '../helpers/training.js';

interface Dropped {
  readonly y: number[];
  readonly mask: number[];
  readonly dx: number[];
}

/** Runs the rule over x = 1, 2, 3, … and dy = 3, 4, 5, …, for several seeds of one graph. */
async function drop(
  count: number,
  seeds: readonly number[],
  { ratio, salt = 0, opset = 18 }: { ratio?: number; salt?: number; opset?: number } = {},
): Promise<Dropped[]> {
  const declare = (g: GraphBuilder) => {
    g.input('x', 'float32', ['batch', 4]);
    if (ratio !== undefined && opset >= 12) g.initializer('ratio', float32([ratio], []));
    return g;
  };
  const node =
    opset >= 12
      ? makeNode('Dropout', ratio === undefined ? ['x'] : ['x', 'ratio'], ['y', 'mask'])
      : makeNode('Dropout', ['x'], ['y', 'mask'], { ratio: float(ratio ?? 0.5) });
  const forward = declare(new GraphBuilder({ opset }));
  forward.add(node);
  forward.output('y', 'float32');
  const values = await inferValues(forward.model(), runtime);

  const g = declare(new GraphBuilder());
  g.input('dy', 'float32', ['batch', 4]);
  g.input('seed', 'int32', []);
  const rule = seededDropout('seed', salt);
  const tape = emitForward(g, [node], values, ['x'], () => rule);
  const dx = emitBackward(g, tape, new Map([['y', 'dy']]), ['x']).get('x')!;
  g.output('y', 'float32');
  g.output('mask', 'bool');
  g.output(g.rename(dx, 'dx'), 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  const range = (from: number) =>
    float32(
      Float32Array.from({ length: count }, (_, i) => from + i),
      [count / 4, 4],
    );
  const results: Dropped[] = [];
  for (const seed of seeds) {
    const outputs = await session.run({ x: range(1), dy: range(3), seed: int32([seed], []) });
    results.push({ y: toNumbers(outputs.y!), mask: toNumbers(outputs.mask!), dx: toNumbers(outputs.dx!) });
  }
  await session.release();
  return results;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

/** Whether a count of `n` events of probability `p` is within five standard deviations: wrong once in 1.7 million seeds. */
const isLikely = (count: number, n: number, p: number) =>
  Math.abs(count - n * p) <= 5 * Math.sqrt(n * p * (1 - p)) + 1e-9;

describe.each([0, 0.1, 0.5, 0.75, 0.9])('ratio %d', (ratio) => {
  test('keeps its share, scales what is kept, and drops the gradient with it', async () => {
    const n = 40_000;
    const [{ y, mask, dx }] = (await drop(n, [12345], { ratio })) as [Dropped];
    expect(isLikely(sum(mask), n, 1 - ratio)).toBe(true);
    // One float32 rounding each of the scale and of the product.
    const scale = 1 / (1 - ratio);
    expect(y).toBeAllClose(
      mask.map((kept, i) => kept * (i + 1) * scale),
      { relative: 2e-7 },
    );
    expect(dx).toBeAllClose(
      mask.map((kept, i) => kept * (i + 3) * scale),
      { relative: 2e-7 },
    );
  });
});

test('the mean is preserved', async () => {
  const n = 4000;
  const runs = await drop(
    n,
    Array.from({ length: 50 }, (_, i) => i * 7919),
    { ratio: 0.3 },
  );
  const expected = (n * (n + 1)) / 2;
  const mean = sum(runs.map(({ y }) => sum(y))) / runs.length;
  // Var Σy = Σ i²·p/(1−p) ≈ n³/3·0.3/0.7; five standard deviations of the mean of 50.
  expect(Math.abs(mean - expected)).toBeLessThan(5 * Math.sqrt((n ** 3 / 3) * (0.3 / 0.7) * (1 / runs.length)));
});

test('the same seed gives the same mask, another step or another node an unrelated one', async () => {
  const n = 20_000;
  const seeds = [0, 1, 2, -1, 2 ** 31 - 1, -(2 ** 31)];
  const masks = (await drop(n, seeds)).map(({ mask }) => mask);
  expect((await drop(n, seeds.slice(0, 1)))[0]!.mask).toEqual(masks[0]);
  for (const salt of [1, 2, 3]) masks.push((await drop(n, [0], { salt }))[0]!.mask);
  for (const [i, a] of masks.entries()) {
    for (const b of masks.slice(i + 1)) {
      // Also not the same mask moved a little along.
      for (const shift of [0, 1, 2, 3, 4, 5, 8, 16, 64, 100]) {
        const both = sum(a.slice(shift).map((kept, j) => kept * b[j]!));
        expect(isLikely(both, n - shift, 0.25)).toBe(true);
      }
    }
  }
});

test('neighbours are dropped independently', async () => {
  const n = 40_000;
  const [{ mask }] = (await drop(n, [99])) as [Dropped];
  for (const distance of [1, 2, 3, 4, 7, 8, 16, 32, 128, 784, 1024, 4096]) {
    const both = sum(mask.slice(distance).map((kept, i) => kept * mask[i]!));
    expect([distance, isLikely(both, n - distance, 0.25)]).toEqual([distance, true]);
  }
});

test('one element over consecutive seeds is dropped independently', async () => {
  const runs = await drop(
    4,
    Array.from({ length: 4000 }, (_, i) => i),
  );
  for (let element = 0; element < 4; element++) {
    const kept = runs.map(({ mask }) => mask[element]!);
    expect(isLikely(sum(kept), 4000, 0.5)).toBe(true);
    expect(isLikely(sum(kept.slice(1).map((value, i) => value * kept[i]!)), 3999, 0.25)).toBe(true);
  }
});

test('the ratio may be left out, or stand in an attribute', async () => {
  const [byDefault] = (await drop(8000, [5])) as [Dropped];
  expect(isLikely(sum(byDefault.mask), 8000, 0.5)).toBe(true);
  const [byAttribute] = (await drop(8000, [5], { ratio: 0.2, opset: 11 })) as [Dropped];
  expect(isLikely(sum(byAttribute.mask), 8000, 0.8)).toBe(true);
});
