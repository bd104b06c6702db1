import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { extent, linearScale, niceDomain, niceTicks } from '../../src/plot/axis.js';

const domain = fc
  .tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 1e-6, max: 1e6, noNaN: true }))
  .map(([low, span]): [number, number] => [low, low + span]);

test('ticks are round, ascending, inside the domain, and neither few nor many', () => {
  expect(niceTicks([0, 1])).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(niceTicks([-0.6, 0.6])).toEqual([-0.5, -0.25, 0, 0.25, 0.5]);
  fc.assert(
    fc.property(domain, ([low, high]) => {
      const ticks = niceTicks([low, high]);
      // The ends are matched up to rounding, so that a tick on the very end is not lost.
      const slack = 1e-6 * (high - low) + 1e-11 * Math.max(Math.abs(low), Math.abs(high));
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(7);
      ticks.forEach((tick, i) => {
        expect(tick).toBeGreaterThanOrEqual(low - slack);
        expect(tick).toBeLessThanOrEqual(high + slack);
        if (i > 0) expect(tick).toBeGreaterThan(ticks[i - 1]!);
      });
    }),
  );
});

test('a nice domain holds the data and ends on ticks', () => {
  expect(niceDomain([0.07, 1.93])).toEqual([0, 2]);
  expect(niceDomain([5, 5])).toEqual([2, 8]);
  expect(niceDomain([0, 0])).toEqual([-1, 1]);
  fc.assert(
    fc.property(domain, ([low, high]) => {
      const [from, to] = niceDomain([low, high]);
      const slack = 1e-6 * (high - low) + 1e-11 * Math.max(Math.abs(low), Math.abs(high));
      expect(from).toBeLessThanOrEqual(low + slack);
      expect(to).toBeGreaterThanOrEqual(high - slack);
    }),
  );
});

test('a scale takes ends to ends, and one value to the middle', () => {
  const scale = linearScale([-1, 1], [200, 100]);
  expect([scale(-1), scale(0), scale(1)]).toEqual([200, 150, 100]);
  expect(linearScale([3, 3], [0, 10])(3)).toBe(5);
});

test('extent leaves out what is not finite', () => {
  expect(extent([3, NaN, -2, Infinity])).toEqual([-2, 3]);
  expect(extent([])).toEqual([0, 1]);
});
