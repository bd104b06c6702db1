import { describe, expect, test } from '@jest/globals';
import { checkBlur, codecBlur, type MeasureMeans } from '../../../src/explain/trends/codec-blur.js';
import type { DeltaLog } from '../../../src/log/read/reader.js';
import { float32 } from '../../../src/tensor.js';
import type { Weights } from '../../../src/replay/weights.js';

/** A log of one layer whose codec owes the same at each sealed step. */
function logOwing(residual: number[], codec: string, sealed: number[]): DeltaLog {
  const layer = { name: 'fc', tensors: [{ name: 'w', dims: [2] }], file: 'fc.log', codec, codecVersion: 1 };
  return {
    layers: [layer],
    segments: sealed.map((lastStep, i) => ({ directory: `s${i}`, firstStep: 1, lastStep, bytes: 1 })),
    residual: () => Promise.resolve(Float32Array.from(residual)),
  } as unknown as DeltaLog;
}

const weights = (...values: number[]): Weights => ({ w: float32(Float32Array.from(values), [2]) });
/** One series with one measure: the sum of the weights. */
const sums: MeasureMeans = (at) => {
  const [a, b] = at.w!.data as Float32Array;
  return Promise.resolve([{ norm: a! + b!, entropy: null }]);
};
const EXACT = [
  { step: 5, weights: weights(1, 1) },
  { step: 10, weights: weights(3, 2) },
];

describe('how far a codec blurs measures', () => {
  test('is what the measure differs by without what the codec owes, as a share of what it moves by', async () => {
    const blur = await codecBlur(logOwing([0.25, 0.25], 'int8', [5, 10]), weights(0, 0), EXACT, sums);
    // From 0 at the start to 5: half of a unit is a tenth.
    expect(blur).toMatchObject({ measure: 'norm', difference: 0.5, range: 5, share: 0.1 });
    expect(() => checkBlur('run', blur!)).not.toThrow();
  });

  test('ends the command where it is more than a tenth, with the figure and the mend', async () => {
    const blur = await codecBlur(logOwing([0.75, 0.25], 'float16', [10]), weights(0, 0), EXACT, sums);
    expect(blur).toMatchObject({ step: 10, difference: 1, range: 5 });
    expect(() => checkBlur('run', blur!)).toThrow(
      "run: its log is too coarse for this: at step 10 the codec's error changes norm by 1.0, 20 % of the 5.0 that it moves " +
        'by in training (at most 10 %); train it again with `codec` float32',
    );
  });

  test('is everything where nothing moves but by the error', async () => {
    const still = [{ step: 5, weights: weights(0, 0) }];
    const blur = await codecBlur(logOwing([0.1, 0], 'int8', [5]), weights(0, 0), still, sums);
    expect(blur!.share).toBe(Infinity);
    expect(() => checkBlur('run', blur!)).toThrow(/, all of the 0\.0 that it moves by/);
  });

  test('is nothing for a lossless codec, and not known where no segment ends at a checkpoint', async () => {
    expect(await codecBlur(logOwing([1, 1], 'float32', [5, 10]), weights(0, 0), EXACT, sums)).toBeUndefined();
    expect(await codecBlur(logOwing([1, 1], 'int8', [7]), weights(0, 0), EXACT, sums)).toBeUndefined();
  });
});
