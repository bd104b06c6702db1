import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { spearman } from '../../src/numeric/statistics.js';
import { correlationTwoSided, studentTwoSided } from '../../src/numeric/student-t.js';

const fixture = JSON.parse(readFileSync('test/fixtures/student-t.json', 'utf8')) as {
  tails: { t: number; freedom: number; p: number }[];
  spearman: { x: number[]; y: number[]; rho: number; p: number }[];
};

test('tails are mpmath’s of 60 digits, to 1e-12 of themselves, down to 1e-250', () => {
  let least = 1;
  for (const { t, freedom, p } of fixture.tails) {
    // An exponent of some hundreds is rounded to 1e-13 of the power.
    expect([studentTwoSided(t, freedom)]).toBeAllClose([p], { relative: 1e-12 });
    expect(studentTwoSided(-t, freedom)).toBe(studentTwoSided(t, freedom));
    if (p > 0) least = Math.min(least, p);
  }
  expect(least).toBeLessThan(1e-250);
});

test('a correlation’s p-value is that of its t', () => {
  for (const { t, freedom, p } of fixture.tails) {
    if (t > 10) continue;
    const rho = t / Math.sqrt(freedom + t ** 2);
    // ρ near 1 says 1 − ρ² only to the digits that are left; they weigh as many times as there are degrees of freedom.
    const digits = Number.EPSILON * (1 + freedom / (1 - rho ** 2));
    expect([correlationTwoSided(rho, freedom + 2)]).toBeAllClose([p], { relative: 1e-12 + digits });
  }
});

test.each(fixture.spearman)('Spearman’s correlation of $x.length pairs is scipy’s, p = $p', ({ x, y, rho, p }) => {
  const found = spearman(x, y);
  expect(found).toBeCloseTo(rho, 14);
  expect([correlationTwoSided(found, x.length)]).toBeAllClose([p], { relative: 1e-11 });
});

test('the ends: no t is certain chance, a perfect correlation none, and two pairs say nothing', () => {
  expect(studentTwoSided(0, 7)).toBe(1);
  expect(studentTwoSided(Infinity, 7)).toBe(0);
  expect(studentTwoSided(1e200, 7)).toBe(0);
  expect(correlationTwoSided(0, 10)).toBe(1);
  expect(correlationTwoSided(1, 10)).toBe(0);
  expect(correlationTwoSided(-1, 10)).toBe(0);
  expect(correlationTwoSided(1, 2)).toBe(1);
});

test('one degree of freedom is Cauchy’s distribution, two have a closed form', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (t) => {
      expect([studentTwoSided(t, 1)]).toBeAllClose([(2 / Math.PI) * Math.atan2(1, t)], { relative: 1e-13 });
      const root = Math.sqrt(2 + t * t);
      expect([studentTwoSided(t, 2)]).toBeAllClose([2 / (root * (root + t))], { relative: 1e-13 });
    }),
  );
});

test('a larger t is less likely, at every number of degrees', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 40, noNaN: true }),
      fc.double({ min: 1.001, max: 3, noNaN: true }),
      fc.integer({ min: 1, max: 10_000 }),
      (t, factor, freedom) => {
        const [near, far] = [studentTwoSided(t, freedom), studentTwoSided(t * factor, freedom)];
        expect(near).toBeLessThanOrEqual(1);
        expect(far).toBeGreaterThanOrEqual(0);
        expect(far).toBeLessThanOrEqual(near * (1 + 1e-12));
      },
    ),
  );
});
