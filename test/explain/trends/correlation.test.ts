import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { correlate } from '../../../src/explain/trends/correlation.js';
import { seededRandom, type Random } from '../../../src/numeric/random.js';
import { spearman } from '../../../src/numeric/statistics.js';

/** A stationary autoregressive series: each value is φ times the one before, and news. */
function autoregressive(steps: number, phi: number, random: Random): number[] {
  let value = random.normal() / Math.sqrt(1 - phi ** 2);
  return Array.from({ length: steps }, () => (value = phi * value + random.normal()));
}

/** Two series whose values correlate by `r`, and whose neighbours by φ. */
function pair(steps: number, phi: number, r: number, seed: number): [number[], number[]] {
  const random = seededRandom(seed, 17);
  const [a, b] = [autoregressive(steps, phi, random), autoregressive(steps, phi, random)];
  return [a, a.map((value, i) => r * value + Math.sqrt(1 - r ** 2) * b[i]!)];
}

const share = (trials: number, holds: (seed: number) => boolean) =>
  Array.from({ length: trials }, (_, seed) => holds(seed)).filter(Boolean).length / trials;

/** Spearman's ρ of normal values whose Pearson's is r. */
const spearmanOfNormal = (r: number) => (6 / Math.PI) * Math.asin(r / 2);

describe('series whose neighbours are alike', () => {
  const TRIALS = 100;

  test('that have nothing to do with each other are seldom said to, but often where steps count as independent', () => {
    const found = Array.from({ length: TRIALS }, (_, seed) => correlate(...pair(300, 0.9, 0, seed), seed));
    const below = (key: 'p' | 'pIndependent') => found.filter((one) => one[key] < 0.05).length / TRIALS;
    // Some 7 % in many trials; the standard error of 100 is 2.5 %.
    expect(below('p')).toBeLessThan(0.15);
    expect(below('p')).toBeGreaterThan(0);
    expect(below('pIndependent')).toBeGreaterThan(0.35);
  });

  test('that go together by .8 are so in some 93 % of the intervals', () => {
    const truth = spearmanOfNormal(0.8);
    const covered = share(TRIALS, (seed) => {
      const [low, high] = correlate(...pair(300, 0.9, 0.8, seed), seed).interval;
      return low <= truth && truth <= high;
    });
    expect(covered).toBeGreaterThan(0.87);
    expect(covered).toBeLessThan(0.99);
  });

  test('that do go together are found, and by how much', () => {
    const found = correlate(...pair(400, 0.9, -0.8, 3), 3);
    expect(found.rho).toBeLessThan(-0.6);
    expect(found.p).toBeLessThan(0.01);
    expect(found.interval[1]).toBeLessThan(-0.4);
    expect(found.block).toBeGreaterThan(10);
    expect(found.steps).toBe(400);
  });

  test('blocks are an eighth of the steps where a series has a trend, as nothing longer is left', () => {
    const random = seededRandom(1, 18);
    const rising = Array.from({ length: 600 }, (_, i) => i / 600 + 0.1 * random.normal());
    const found = correlate(
      rising,
      rising.map((value) => Math.exp(-value) + 0.1 * random.normal()),
      1,
    );
    expect(found.block).toBe(75);
    expect(found.rho).toBeLessThan(-0.6);
  });
});

describe('independent steps', () => {
  test('have short blocks, and p-values like those of independent steps', () => {
    const trials = 60;
    const found = Array.from({ length: trials }, (_, seed) => correlate(...pair(60, 0, 0, seed), seed));
    const mean = (of: (one: (typeof found)[0]) => number) => found.reduce((sum, one) => sum + of(one), 0) / trials;
    expect(mean(({ block }) => block)).toBeLessThan(3);
    // The standard error of a mean of 60 differences that scatter by some .05 is .006.
    expect(Math.abs(mean(({ p, pIndependent }) => p - pIndependent))).toBeLessThan(0.02);
  });
});

describe('ρ', () => {
  const value = fc.option(fc.integer({ min: -5, max: 5 }), { nil: null });
  const series = fc
    .integer({ min: 0, max: 30 })
    .chain((steps) =>
      fc.tuple(
        fc.array(value, { minLength: steps, maxLength: steps }),
        fc.array(value, { minLength: steps, maxLength: steps }),
      ),
    );

  test('is that of the steps where both are known, lies in its interval, and turns with the sign of a series', () => {
    fc.assert(
      fc.property(series, fc.nat(1000), ([measure, loss], seed) => {
        const found = correlate(measure, loss, seed);
        const common = measure.flatMap((a, i) => (a === null || loss[i] === null ? [] : [[a, loss[i]!] as const]));
        expect(found.steps).toBe(common.length);
        const plain = spearman(
          common.map(([a]) => a),
          common.map(([, b]) => b),
        );
        if (common.length >= 4) expect(found.rho).toBeCloseTo(plain, 12);
        const [low, high] = found.interval;
        expect(low).toBeGreaterThanOrEqual(-1);
        expect(low).toBeLessThanOrEqual(found.rho + 1e-12);
        expect(high).toBeGreaterThanOrEqual(found.rho - 1e-12);
        expect(high).toBeLessThanOrEqual(1);
        for (const p of [found.p, found.pIndependent]) {
          expect(p).toBeGreaterThanOrEqual(0);
          expect(p).toBeLessThanOrEqual(1);
        }
        const turned = correlate(
          measure.map((a) => (a === null ? null : -a)),
          loss,
          seed,
        );
        expect(turned.rho).toBeCloseTo(-found.rho, 12);
        expect(turned.p).toBe(found.p);
      }),
      { numRuns: 40 },
    );
  });

  test('is seen at its order only: any rising function of a series says the same', () => {
    const [a, b] = pair(100, 0.5, 0.5, 7);
    expect(correlate(a.map(Math.exp), b, 7)).toEqual(correlate(a, b, 7));
  });

  test('of a constant series, or of three steps, is unknown', () => {
    const unknown = { rho: 0, p: 1, pIndependent: 1, interval: [-1, 1], block: 1 };
    expect(correlate([1, 1, 1, 1, 1], [1, 2, 3, 4, 5], 1)).toEqual({ ...unknown, steps: 5 });
    expect(correlate([1, 2, 3, null], [1, 2, 3, 4], 1)).toEqual({ ...unknown, steps: 3 });
    expect(correlate([], [], 1)).toEqual({ ...unknown, steps: 0 });
  });

  test('of few steps that go together perfectly is not taken for certain', () => {
    const found = correlate([1, 2, 3, 4], [2, 4, 6, 8], 1);
    expect(found).toMatchObject({ rho: 1, pIndependent: 0, interval: [-1, 1] });
    // Two orders of 24.
    expect(found.p).toBeGreaterThan(0.05);
    expect(
      correlate(
        Array.from({ length: 80 }, (_, i) => i),
        Array.from({ length: 80 }, (_, i) => i * i),
        1,
      ),
    ).toMatchObject({
      interval: [1, 1],
    });
  });

  test('has the same interval and p from the same seed', () => {
    const [a, b] = pair(60, 0.5, 0.3, 9);
    expect(correlate(a, b, 5)).toEqual(correlate(a, b, 5));
    expect(correlate(a, b, 5).interval).not.toEqual(correlate(a, b, 6).interval);
  });
});
