/** The sentence at the top: true to the numbers, whichever way they go. */
import { expect, test } from '@jest/globals';
import { courseOf, courseText, furtherLines, headline } from '../../../src/report/trends/headline.js';
import type { TrendsResult } from '../../../src/results/trends.js';
import { syntheticTrends } from '../../helpers/synthetic-trends.js';

/** The headline where norm and entropy go from one value to another. */
function says(norm: [number, number], entropy: [number, number], change: Partial<TrendsResult> = {}): string {
  const course = { norm, entropy };
  const methods = [{ method: 'lrp' }];
  const { result } = syntheticTrends({ points: 101, measures: ['norm', 'entropy'], strips: 0, methods, course });
  return headline({ ...result, ...change });
}

test('both ways of both measures', () => {
  expect(says([0.02, 0.63], [6.12, 5.82])).toBe(
    'Over 1,000 steps explanations grew stronger (norm 0.0200 → 0.630) and more focused (entropy 6.12 → 5.82 nat)',
  );
  expect(says([0.63, 0.02], [5.82, 6.12])).toBe(
    'Over 1,000 steps explanations grew weaker (norm 0.630 → 0.0200) and less focused (entropy 5.82 → 6.12 nat)',
  );
});

test('what stays is said to stay', () => {
  expect(says([0.02, 0.63], [6.12, 6.1])).toBe(
    'Over 1,000 steps explanations grew stronger (norm 0.0200 → 0.630) and stayed as focused (entropy 6.12 → 6.10 nat)',
  );
  expect(says([0.5, 0.501], [6.12, 5])).toBe(
    'Over 1,000 steps explanations stayed as strong (norm 0.500 → 0.501) and grew more focused (entropy 6.12 → 5.00 nat)',
  );
  expect(says([0.5, 0.501], [6.12, 6.12])).toBe(
    'Over 1,000 steps explanations did not change (norm 0.500 → 0.501, entropy 6.12 nat)',
  );
});

test('a network that did not learn comes first', () => {
  const fit = { label: 'not learned', because: 'test loss never fell below 2.30' } as const;
  expect(says([0.5, 0.501], [6.12, 6.12], { fit })).toBe(
    'The network did not learn: over 1,000 steps explanations did not change (norm 0.500 → 0.501, entropy 6.12 nat)',
  );
});

test('what turns on the way is told with its turn', () => {
  const { result } = syntheticTrends({
    points: 101,
    measures: ['norm'],
    strips: 0,
    methods: [{ method: 'lrp' }],
    splits: ['test'],
  });
  const series = (mean: number[]) =>
    result.series.map((one) => ({ ...one, measures: { norm: { mean, lowerQuartile: mean, upperQuartile: mean } } }));
  const peak = result.steps.map((step) => 1 + Math.sin((Math.PI * step) / 1000));
  expect(headline({ ...result, series: series(peak) })).toBe(
    'Over 1,000 steps explanations ended as strong as they began (norm 1.00 → 2.00 at step 500 → 1.00)',
  );
  const rise = result.steps.map((step) => 1 + Math.sin((Math.PI * step) / 1200));
  expect(headline({ ...result, series: series(rise) })).toMatch(
    /^Over 1,000 steps explanations grew stronger \(norm 1\.00 → 2\.00 at step 600 → 1\.50\)$/,
  );
});

test('the sentence is about images that were not trained on, and says so of none that were not measured', () => {
  const { result } = syntheticTrends({ points: 31, measures: ['norm'], strips: 0, methods: [{ method: 'lrp' }] });
  const flat = { mean: result.steps.map(() => 1), lowerQuartile: [], upperQuartile: [] };
  const series = result.series.map((one) => (one.split === 'train' ? { ...one, measures: { norm: flat } } : one));
  expect(headline({ ...result, series })).toContain('grew stronger');
  expect(headline({ ...result, series: series.slice(0, 1) })).toContain('did not change (norm 1.00)');
});

test('noise is no change; twice the deviation of a difference of two noisy values is', () => {
  const steps = Array.from({ length: 400 }, (_, i) => i);
  const zigzag = (slope: number) => ({ mean: steps.map((i) => 10 + slope * i + (i % 2 === 0 ? 1 : -1)) });
  // Values lie 1 off their running mean, as far as the middle one of normal values with a deviation of 1.48 would: twice that of a
  // difference is 4.2. The zigzag itself takes the ends 2 down.
  expect(courseOf(zigzag(0), steps)!.direction).toBe(0);
  expect(courseOf(zigzag(1.5 / 399), steps)!.direction).toBe(0);
  expect(courseOf(zigzag(7 / 399), steps)!.direction).toBe(1);
  expect(courseOf(zigzag(-4 / 399), steps)!.direction).toBe(-1);
});

test('a measure that is missing at first begins where it is known; one that is never known has no course', () => {
  const course = courseOf({ mean: [null, null, 2, 3, 4, 5, null] }, [0, 1, 2, 3, 4, 5, 6])!;
  expect(courseText(course, 'nat')).toBe('2.00 → 5.00 nat');
  expect(courseOf({ mean: [null, null] }, [0, 1])).toBe(undefined);
});

test('with several methods the sentence says of which it is, and each other one gets its own', () => {
  const { result } = syntheticTrends({ points: 101, measures: ['norm', 'entropy'], strips: 0 });
  const weaker = { mean: result.steps.map((step) => 2 - step / 1000), lowerQuartile: [], upperQuartile: [] };
  const series = result.series.map((one) => (one.method === 'lrp' ? one : { ...one, measures: { norm: weaker } }));
  expect(headline({ ...result, series })).toMatch(/^Over 1,000 steps explanations by lrp grew stronger /);
  expect(furtherLines({ ...result, series })).toEqual([
    'Explanations by grad-cam @ conv2 grew weaker (norm 2.00 → 1.00)',
  ]);
});

test('a leap at the start is a turn, not noise that hides how little is left at the end', () => {
  const steps = Array.from({ length: 161 }, (_, i) => 5 * i);
  const mean = steps.map((_, i) => (i < 14 ? 0.02 + 0.03 * Math.sin(i / 4) : 0.011 + 0.001 * Math.sin(i)));
  const course = courseOf({ mean }, steps)!;
  expect(course.direction).toBe(-1);
  expect(course.turn!.value).toBeGreaterThan(0.03);
});
