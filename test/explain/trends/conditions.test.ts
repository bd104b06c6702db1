import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  checkConditions,
  judgeCondition,
  parseCondition,
  type Judged,
  type Plan,
} from '../../../src/explain/trends/conditions.js';

/** A series of one measure on test images of lrp, unless said otherwise. */
function judged(steps: readonly number[], values: readonly (number | null)[], more: Partial<Judged> = {}): Judged {
  const mean = [...values];
  const series = (split: 'train' | 'test', means: (number | null)[]) => ({
    method: 'lrp',
    split,
    measures: { entropy: { mean: means, lowerQuartile: means, upperQuartile: means } },
    rho: [],
  });
  const flat = (value: number) => ({ examples: 1, loss: steps.map(() => value), accuracy: steps.map(() => 0.5) });
  return {
    steps,
    series: [
      series(
        'train',
        steps.map(() => 5),
      ),
      series('test', mean),
    ],
    loss: { name: 'cross-entropy', batch: steps.map(() => null), train: flat(1), test: flat(2) },
    fit: { label: 'good fit', because: 'It has settled.' },
    ...more,
  };
}

const judge = (text: string, result: Judged) => judgeCondition(parseCondition(text), result);

describe('before the work, what could not be judged is refused', () => {
  const plan: Plan = { methods: ['gradient', 'grad-cam'], steps: [0, 10, 20, 30] };
  const check = (text: string, more: Partial<Plan> = {}) =>
    checkConditions([parseCondition(text)], { ...plan, ...more });

  test('a method or split that is not explained', () => {
    expect(() => check('lrp entropy is above 3')).toThrow(
      '`failOn` "lrp entropy is above 3": lrp is not among the methods: gradient, grad-cam; name it in `method`',
    );
    expect(() => check('train entropy is above 3', { splits: ['test'] })).toThrow('no train images are explained');
    expect(() => check('train loss is above 3', { splits: ['test'] })).not.toThrow();
  });

  test('windows that hold no two measured steps', () => {
    expect(() => check('entropy falls by more than 3 within 9 steps')).toThrow(
      'no two measured steps lie within 9 steps; the nearest are 10 apart: `every` sets that',
    );
    expect(() => check('entropy falls by more than 3 within 10 steps')).not.toThrow();
    // The last step is always measured, and may be nearer.
    expect(() => check('entropy falls by more than 3 within 9 steps', { steps: [0, 10, 13] })).not.toThrow();
    expect(() =>
      check('entropy falls by more than 3 within 9 steps after step 0', { steps: [0, 3, 13] }),
    ).not.toThrow();
    expect(() => check('entropy falls by more than 3 within 9 steps after step 3', { steps: [0, 3, 13] })).toThrow(
      '10 apart',
    );
  });

  test('steps after the last', () => {
    expect(() => check('entropy is above 3 after step 31')).toThrow(
      'no step is measured from step 31 on; the last is 30',
    );
    expect(() => check('entropy is above 3 after step 30')).not.toThrow();
    expect(() => check('entropy rises by more than 3 after step 30')).toThrow(
      'one step alone is measured from step 30 on',
    );
    expect(() => check('fit is overfit')).not.toThrow();
  });
});

describe('conditions are judged', () => {
  const steps = [0, 10, 20, 30, 40];
  const values = [6, 5.9, 5, 4, 4.5];

  test.each([
    [
      'entropy falls by more than 20 % within 20 steps',
      true,
      'entropy of lrp, test images, fell by 32.2 %, from 5.9 at step 10 to 4 at step 30',
    ],
    [
      'entropy falls by more than 16 %',
      true,
      'entropy of lrp, test images, fell by 16.7 %, from 6 at step 0 to 5 at step 20',
    ],
    [
      'entropy falls by more than 20 % within 10 steps',
      false,
      'entropy of lrp, test images, fell by 20 % at most, from 5 at step 20 to 4 at step 30',
    ],
    [
      'entropy falls by more than 1.95',
      true,
      'entropy of lrp, test images, fell by 2, from 6 at step 0 to 4 at step 30',
    ],
    [
      'entropy falls by more than 2',
      false,
      'entropy of lrp, test images, fell by 2 at most, from 6 at step 0 to 4 at step 30',
    ],
    [
      'entropy falls by more than 1 after step 20',
      false,
      'entropy of lrp, test images, fell by 1 at most, from 5 at step 20 to 4 at step 30',
    ],
    [
      'test entropy rises by more than 10 %',
      true,
      'entropy of lrp, test images, rose by 12.5 %, from 4 at step 30 to 4.5 at step 40',
    ],
    ['train entropy rises by more than 0', false, 'entropy of lrp, train images, never rose'],
    ['test entropy is below 4.5', true, 'entropy of lrp, test images, is 4 at step 30'],
    ['test entropy is below 4.5 at the end', false, 'entropy of lrp, test images, is 4.5 at the end, step 40'],
    ['test entropy is above 5.5 after step 20', false, 'entropy of lrp, test images, is 5 at most, at step 20'],
    ['entropy is above 5.95', true, 'entropy of lrp, test images, is 6 at step 0'],
    ['entropy is below 3', false, 'entropy of lrp, test images, is 4 at least, at step 30'],
    ['test loss is above 1.5', true, 'test loss is 2 at step 0'],
    ['test accuracy is above 50 %', false, 'test accuracy is 0.5 at most, at step 0'],
    ['batch loss is above 1', false, 'batch loss has no value'],
    ['batch loss rises by more than 1', false, 'batch loss has no two values to compare'],
    ['fit is good fit', true, 'good fit: It has settled.'],
    ['fit is overfit', false, 'good fit: It has settled.'],
  ])('%s: %j', (text, met, detail) => {
    expect(judge(text, judged(steps, values))).toEqual({ condition: text, met, detail });
  });

  test('steps without a value are passed over, but the end is the end', () => {
    const holes = judged(steps, [null, 5.9, null, 4, null]);
    expect(judge('test entropy falls by more than 30 %', holes)).toMatchObject({ met: true });
    expect(judge('test entropy is below 9 at the end', holes)).toMatchObject({
      met: false,
      detail: 'entropy of lrp, test images, has no value at the end',
    });
  });

  test('of 0 every rise is more than any share', () => {
    expect(judge('test entropy rises by more than 900 %', judged([0, 1], [0, 0.1]))).toMatchObject({
      met: true,
      detail: 'entropy of lrp, test images, rose, from 0 at step 0 to 0.1 at step 1',
    });
    expect(judge('test entropy rises by more than 0 %', judged([0, 1], [0, 0]))).toMatchObject({ met: false });
  });
});

describe('a change', () => {
  const value = fc.option(
    fc.integer({ min: -6, max: 6 }).map((whole) => whole / 2),
    { nil: null },
  );
  const series = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), value), { minLength: 1, maxLength: 25 });

  /** Every pair of steps, as the sentence reads. */
  function anyPair(
    steps: readonly number[],
    values: readonly (number | null)[],
    holds: (earlier: number, later: number, between: number, from: number) => boolean,
  ): boolean {
    return steps.some((from, i) =>
      steps.some((to, j) => {
        const [earlier, later] = [values[i]!, values[j]!];
        return j > i && earlier !== null && later !== null && holds(earlier, later, to - from, from);
      }),
    );
  }

  test('is met if any pair of measured steps has it', () => {
    fc.assert(
      fc.property(
        series,
        fc.constantFrom('rises', 'falls'),
        fc.integer({ min: 0, max: 8 }),
        fc.boolean(),
        fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
        fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
        (gaps, direction, quarter, relative, within, after) => {
          const steps = gaps.reduce<number[]>((all, [gap]) => [...all, (all.at(-1) ?? 0) + gap], []);
          const values = gaps.map(([, one]) => one);
          // Quarters and halves are exact, so that "more than" is the same however it is worked out.
          const by = relative ? 25 * quarter : quarter / 2;
          const window = within === undefined ? '' : ` within ${within} steps`;
          const start = after === undefined ? '' : ` after step ${after}`;
          // A similarity may be negative, so that it can fall by more than all of it.
          const text = `test cosine-similarity ${direction} by more than ${relative ? `${by} %` : Math.min(by, 1.5)}${window}${start}`;
          const limit = relative ? by : Math.min(by, 1.5);
          const result = judged(steps, values);
          const similar = {
            ...result.series[1]!,
            measures: { 'cosine-similarity': result.series[1]!.measures.entropy! },
          };
          const found = judge(text, { ...result, series: [similar] });
          const expected = anyPair(steps, values, (earlier, later, between, from) => {
            const change = direction === 'rises' ? later - earlier : earlier - later;
            const enough = relative ? change * 100 > limit * Math.abs(earlier) : change > limit;
            return enough && between <= (within ?? Infinity) && from >= (after ?? 0);
          });
          expect(found.met).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('over ten thousand steps is judged at once', () => {
    const steps = Array.from({ length: 10_000 }, (_, i) => i);
    const begun = performance.now();
    judge(
      'entropy falls by more than 90 %',
      judged(
        steps,
        steps.map((step) => 5 + Math.sin(step)),
      ),
    );
    // In time with the steps: some milliseconds; all pairs would be 50 million.
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});
