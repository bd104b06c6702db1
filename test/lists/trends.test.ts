/** The CSV of a trends result, read back. */
import { expect, test } from '@jest/globals';
import { listCsv } from '../../src/lists/csv.js';
import { trendsLists } from '../../src/lists/trends.js';
import type { TrendsResult } from '../../src/results/trends.js';
import { readCsv } from '../helpers/read-csv.js';
import { syntheticTrends } from '../helpers/synthetic-trends.js';

const trendsCsv = (result: TrendsResult) =>
  listCsv(trendsLists(result, { classNames: [], isBundled: () => false })[0]!);

test('every value of every series comes back, to the last digit', () => {
  const { result } = syntheticTrends({ points: 7 });
  const rows = readCsv(trendsCsv(result));
  expect(rows).toHaveLength(result.series.length * 7 * 7 + 5 * 7);
  const find = (of: Record<string, string>) =>
    rows.filter((row) => Object.entries(of).every(([key, value]) => row[key] === value));
  for (const { method, layer = '', split, measures } of result.series) {
    for (const [measure, { mean, lowerQuartile, upperQuartile }] of Object.entries(measures)) {
      const own = find({ method, layer, split, measure });
      expect(own.map(({ step }) => Number(step))).toEqual(result.steps);
      expect(own.map((row) => Number(row.mean))).toEqual(mean);
      expect(own.map((row) => Number(row.lower_quartile))).toEqual(lowerQuartile);
      expect(own.map((row) => Number(row.upper_quartile))).toEqual(upperQuartile);
      expect(new Set(own.map(({ count }) => count))).toEqual(new Set(['10']));
    }
  }
  for (const split of ['train', 'test'] as const) {
    for (const measure of ['loss', 'accuracy'] as const) {
      const own = find({ split, measure, method: '' });
      expect(own.map((row) => Number(row.mean))).toEqual(result.loss[split][measure]);
      expect(own.map((row) => `${row.count!}${row.lower_quartile!}`)).toEqual(Array(7).fill('1000'));
    }
  }
  const batch = find({ split: 'batch', measure: 'loss' }).map(({ mean }) => (mean === '' ? null : Number(mean)));
  expect(batch).toEqual(result.loss.batch);
  expect(batch[0]).toBe(null);
});

test('an unknown mean is an empty field, and how many images have the measure stands beside it', () => {
  const { result } = syntheticTrends({
    points: 2,
    methods: [{ method: 'lrp' }],
    splits: ['test'],
    measures: ['entropy'],
  });
  const series = result.series.map((one) => ({
    ...one,
    measures: { entropy: { mean: [null, 6], lowerQuartile: [null, 5], upperQuartile: [null, 7], images: [0, 4] } },
  }));
  const [first, second] = readCsv(trendsCsv({ ...result, series }));
  expect(first).toMatchObject({ step: '0', mean: '', lower_quartile: '', upper_quartile: '', count: '0' });
  expect(second).toMatchObject({ step: '10', mean: '6', lower_quartile: '5', upper_quartile: '7', count: '4' });
});

test('names of layers with commas, quotes and line breaks stay in their field; a formula stays text', () => {
  const layers = ['a,b', 'say "conv"', 'two\r\nlines', '=1+1'];
  const { result } = syntheticTrends({
    points: 1,
    methods: layers.map((layer) => ({ method: 'grad-cam', layer })),
    splits: ['test'],
    measures: ['norm'],
  });
  const read = readCsv(trendsCsv(result)).flatMap(({ method, layer }) => (method === '' ? [] : [layer]));
  expect(read).toEqual([...layers.slice(0, 3), "'=1+1"]);
});
