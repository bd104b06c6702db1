import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runningMean, runningMeanWindow } from '../../src/numeric/running-mean.js';

test('a window is 5 % of the series, odd, and at least 3', () => {
  expect([0, 1, 20, 60, 100, 600, 601, 10_000].map(runningMeanWindow)).toEqual([3, 3, 3, 3, 5, 31, 31, 501]);
  fc.assert(
    fc.property(fc.nat(100_000), (length) => {
      const window = runningMeanWindow(length);
      expect(window % 2).toBe(1);
      expect(Math.abs(window - Math.max(3, 0.05 * length))).toBeLessThanOrEqual(1);
    }),
  );
});

test('means over a centred window, which shrinks on both sides towards the ends', () => {
  expect(runningMean([1, 2, 6, 4, 10], 3)).toEqual([1, 3, 4, 20 / 3, 10]);
  expect(runningMean([1, 2, 6, 4, 10], 5)).toEqual([1, 3, 23 / 5, 20 / 3, 10]);
  expect(runningMean([1, 2, 6, 4, 10], 99)).toEqual([1, 3, 23 / 5, 20 / 3, 10]);
  expect(runningMean([1, 2, 6], 1)).toEqual([1, 2, 6]);
  expect(runningMean([], 3)).toEqual([]);
});

test('nulls are left out, and stay where there is nothing else', () => {
  expect(runningMean([null, 2, null, 4, 5], 3)).toEqual([null, 2, 3, 4.5, 5]);
  expect(runningMean([1, null, null, null, 5], 3)).toEqual([1, 1, null, 5, 5]);
});

const series = fc.array(fc.option(fc.double({ min: -100, max: 100, noNaN: true }), { nil: null }), { maxLength: 60 });

test('stays within what it averages, and leaves a straight line as it is', () => {
  fc.assert(
    fc.property(series, fc.integer({ min: 1, max: 40 }), (values, window) => {
      const half = Math.floor(window / 2);
      runningMean(values, window).forEach((mean, at) => {
        const near = values.slice(Math.max(0, at - half), at + half + 1).filter((value) => value !== null);
        if (mean === null) return expect(values[at]).toBeNull();
        expect(mean).toBeGreaterThanOrEqual(Math.min(...near) - 1e-12);
        expect(mean).toBeLessThanOrEqual(Math.max(...near) + 1e-12);
      });
    }),
  );
  const line = Array.from({ length: 50 }, (_, i) => 3 * i - 7);
  expect(runningMean(line, 9)).toEqual(line);
});
