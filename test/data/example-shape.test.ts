import { describe, expect, test } from '@jest/globals';
import { arranged, exampleDims, fitExample, inverseOrder } from '../../src/data/example-shape.js';
import { inputErrorOf } from '../helpers/data-files.js';

const numbers = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i);
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The elements of an array `[C, H, W]` as `[H, W, C]` has them, by definition. */
function turned([channels, height, width]: readonly number[]): number[] {
  const result: number[] = [];
  for (let y = 0; y < height!; y++)
    for (let x = 0; x < width!; x++) for (let c = 0; c < channels!; c++) result.push((c * height! + y) * width! + x);
  return result;
}

describe('what an example is fed as', () => {
  // `held`: elements stay in place; `turned`: channels go last.
  test.each([
    [{ shape: [3, 4, 5], kind: 'image' }, [3, null, 5], [3, 4, 5], 'held'],
    [{ shape: [3, 4, 5], kind: 'image' }, [null, null, null], [3, 4, 5], 'held'],
    [{ shape: [3, 4, 5], kind: 'image' }, [4, 5, 3], [4, 5, 3], 'turned'],
    [{ shape: [3, 4, 5], kind: 'image' }, [null, null, 3], [4, 5, 3], 'turned'],
    [{ shape: [3, 4, 5], kind: 'image' }, [60], [60], 'held'],
    [{ shape: [3, 4, 5], kind: 'image', channelsLast: true }, [60], [60], 'turned'],
    [{ shape: [3, 4, 5], kind: 'image', channelsLast: true }, [null], [60], 'turned'],
    [{ shape: [3, 4, 5], kind: 'image', channelsLast: true }, [1, 60], [1, 60], 'turned'],
    [{ shape: [3, 4, 5], kind: 'image', channelsLast: true }, [3, 4, 5], [3, 4, 5], 'held'],
    [{ shape: [3, 4, 5], kind: 'image', channelsLast: true }, [4, 5, 3], [4, 5, 3], 'turned'],
    [{ shape: [3, 3, 3], kind: 'image', channelsLast: true }, [3, 3, 3], [3, 3, 3], 'turned'],
    [{ shape: [4, 2, 3], kind: 'vector', channelsLast: true }, [2, 3, 4], [2, 3, 4], 'turned'],
    [{ shape: [1, 28, 28], kind: 'image' }, [28, 28], [28, 28], 'held'],
    [{ shape: [1, 28, 28], kind: 'image' }, [28, 28, 1], [28, 28, 1], 'held'],
    [{ shape: [1, 28, 28], kind: 'image', channelsLast: true }, [1, 28, 28], [1, 28, 28], 'held'],
    [{ shape: [1, 28, 28], kind: 'image' }, [null, 28], [28, 28], 'held'],
    [{ shape: [1, 28, 28], kind: 'image' }, [28, 28, null], [28, 28, 1], 'held'],
    [{ shape: [1, 28, 28], kind: 'image' }, [784], [784], 'held'],
    [{ shape: [28, 28], kind: 'vector' }, [28, 28], [28, 28], 'held'],
    [{ shape: [28, 28], kind: 'vector' }, [1, 28, 28], [1, 28, 28], 'held'],
    [{ shape: [28, 28], kind: 'vector' }, [28, 28, 1], [28, 28, 1], 'held'],
    [{ shape: [28, 28], kind: 'vector' }, [784], [784], 'held'],
    [{ shape: [6], kind: 'vector' }, [6, 1], [6, 1], 'held'],
    [{ shape: [6], kind: 'vector' }, [1, 6], [1, 6], 'held'],
    [{ shape: [6, 1], kind: 'vector' }, [null], [6], 'held'],
    [{ shape: [2, 3, 4], kind: 'vector' }, [24], [24], 'held'],
  ] as const)('%j for %j', (form, wanted, dims, order) => {
    const fit = fitExample('data', form, wanted);
    expect(fit.dims).toEqual(dims);
    const one = numbers(size(form.shape));
    const two = Float32Array.of(...one, ...one.map((x) => x + 100));
    const expected = order === 'held' ? Array.from(one) : turned(form.shape);
    expect(Array.from(arranged(two, fit.order))).toEqual([...expected, ...expected.map((x) => x + 100)]);
    expect(fit.order === undefined).toBe(order === 'held');
    if (fit.order) expect(arranged(arranged(one, fit.order), inverseOrder(fit.order))).toEqual(one);
  });

  test.each([
    [{ shape: [1, 28, 28] }, [3, 32, 32], '1×28×28, but the model takes 3×32×32; give `resize` 32x32 `channels` 3'],
    [{ shape: [3, 20, 10] }, [3, null, 12], 'the model takes 3×?×12; give `resize` 12x20 to convert'],
    [{ shape: [3, 32, 32] }, [28, 28, 3], '3×32×32, but the model takes 28×28×3; give `resize` 28x28 to convert'],
    [{ shape: [3, 32, 32] }, [32, 32, 1], 'give `channels` 1 to convert'],
    [{ shape: [3, 32, 32], channelsLast: true }, [1, 32, 32], 'each example is 32×32×3, but the model takes 1×32×32'],
    [{ shape: [3, 32, 32] }, [5, 32, 32], 'the model takes 5×32×32; '],
    [{ shape: [7] }, [8], 'each example is 7, but the model takes 8; choose a data set or a model'],
    [{ shape: [784] }, [1, 28, 28], 'save it as x.reshape(-1, 1, 28, 28) if it holds that'],
    [{ shape: [28, 28] }, [28, 14], 'each example is 28×28, but the model takes 28×14'],
    [{ shape: [3, 8, 8] }, [null, null], 'each example is 3×8×8, but the model takes ?×?'],
    [{ shape: [5] }, [null, null], 'each example is 5, but the model takes ?×?'],
  ])('%j does not fit %j', async (form, wanted, message) => {
    expect(await inputErrorOf(() => fitExample('data', form, wanted))).toContain(message);
  });

  test('dimensions alone, where elements cannot move', async () => {
    expect(exampleDims('data', [1, 28, 28], [28, 28])).toEqual([28, 28]);
    expect(await inputErrorOf(() => exampleDims('data', [3, 32, 32], [32, 32, 3]))).toContain('channels last');
  });
});
