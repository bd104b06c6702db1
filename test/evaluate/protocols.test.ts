/** Statistics of protocols against what they abbreviate. */
import { describe, expect, test } from '@jest/globals';
import { meanFigure, normalFigure } from '../../src/evaluate/figures.js';
import { highest } from '../../src/evaluate/highest.js';
import { flipLabels, rocError } from '../../src/evaluate/protocols/mislabel.js';
import { lossOf, marginOf } from '../../src/evaluate/queries.js';
import { rocAuc } from '../../src/explain/audit/metrics.js';
import { seededRandom } from '../../src/numeric/random.js';
import { meanAndDeviation } from '../../src/numeric/statistics.js';
import { softmax } from '../../src/numeric/probabilities.js';
import { gaussian } from '../helpers/random-tensors.js';
import { memoryDataset } from '../helpers/training.js';

const named = { protocol: 'p', figure: 'f', method: 'm' };

describe('margins', () => {
  test('are log-odds, and their loss is −log of the probability', () => {
    const scores = Float64Array.of(1.5, -2, 0.25, 700);
    const probabilities = softmax(scores);
    for (const target of [0, 1, 2]) {
      expect(lossOf(marginOf(scores, target))).toBeCloseTo(-Math.log(probabilities[target]!), 9);
    }
    expect(marginOf(Float64Array.of(0, 3), 1)).toBe(3);
    expect(lossOf(800)).toBe(0);
  });
});

describe('intervals', () => {
  test('hold chance where it is chance, and do not where it is not', () => {
    const noise = [...gaussian(60, 4, 1)];
    expect(meanFigure(named, noise, 0, 1)).toMatchObject({ distinguishable: false, count: 60 });
    const found = meanFigure(named, noise.map((value) => value + 1), 0, 1); // prettier-ignore
    expect(found.distinguishable).toBe(true);
    // A percentile bootstrap of a mean is as wide as its normal interval.
    const { deviation } = meanAndDeviation(noise);
    expect(found.interval![1] - found.interval![0]).toBeCloseTo((2 * 1.96 * deviation) / Math.sqrt(60), 1);
    expect(normalFigure(named, 0.6, 0.06, 0.5, 10).distinguishable).toBe(false);
  });

  test('of one value are not known', () => {
    const found = meanFigure(named, [3], 0, 1);
    expect([found.value, found.interval, found.standardError, found.distinguishable]).toEqual([3, undefined, undefined, undefined]); // prettier-ignore
  });
});

test('the error of an area under the curve is what resampling says', () => {
  const wrong = Array.from({ length: 300 }, (_, i) => i % 6 === 0);
  const scores = gaussian(300, 2, 1).map((value, i) => value + (wrong[i] ? 1 : 0));
  const random = seededRandom(1);
  const areas = Array.from({ length: 400 }, () => {
    const chosen = wrong.map(() => random.below(300));
    return rocAuc(
      chosen.map((i) => scores[i]!),
      chosen.map((i) => wrong[i]!),
    );
  });
  const { deviation } = meanAndDeviation(areas);
  // 400 resamples know their deviation to 4 %.
  expect(Math.abs(rocError(scores, wrong) / deviation - 1)).toBeLessThan(0.15);
});

test('flipped labels are other ones, as many as asked for', () => {
  const labels = Int32Array.from({ length: 200 }, (_, i) => i % 4);
  const train = memoryDataset([1], new Float32Array(200), labels, 4);
  const { data, wrong } = flipLabels(train, 0.15, 4, 3);
  expect(wrong.filter((is) => is)).toHaveLength(30);
  wrong.forEach((is, i) => expect(data.labels[i] !== labels[i]).toBe(is));
  expect(new Set(data.labels)).toEqual(new Set([0, 1, 2, 3]));
  expect(train.labels).toEqual(Int32Array.from({ length: 200 }, (_, i) => i % 4));
});

test('the highest come first, of equal ones those that stand first', () => {
  expect(highest([1, 5, 3, 5, 4], 3)).toEqual([1, 3, 4]);
  expect(highest([2, 1], 9)).toEqual([0, 1]);
});
