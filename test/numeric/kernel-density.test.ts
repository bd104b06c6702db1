import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import {
  addSample,
  createDensityAccumulator,
  densityAt,
  exactLimit,
  kernelDensity,
  mergeDensity,
  ridgeGrid,
  weightedDeviation,
} from '../../src/numeric/kernel-density.js';

interface Case {
  name: string;
  x: number[];
  weights: number[];
  factor: number;
  bandwidth: number;
  grid: number[];
  density: number[];
}

const fixture = JSON.parse(readFileSync('test/fixtures/kernel-density.json', 'utf8')) as {
  cases: Case[];
  many: Omit<Case, 'x' | 'weights' | 'name'> & { count: number };
};

/** The formula of the script's `many`. */
const manyX = (i: number) => 0.3 * Math.sin(i * 0.7) * Math.cos(i * 0.013) + 0.1;
const manyWeight = (i: number) => 1 + Math.sin(i * 0.37);

/** The estimate as its definition reads, without cutting or binning. */
function plainDensity(x: readonly number[], weights: readonly number[], grid: readonly number[], width: number) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return grid.map((g) =>
    x.reduce(
      (sum, value, i) =>
        sum + ((weights[i]! / total) * Math.exp(-0.5 * ((g - value) / width) ** 2)) / (Math.sqrt(2 * Math.PI) * width),
      0,
    ),
  );
}

describe('kernelDensity equals scipy', () => {
  test.each(fixture.cases)('$name', ({ x, weights, factor, grid, density, bandwidth }) => {
    const actual = kernelDensity(x, weights, grid, { factor });
    // Both sum the same terms in double precision in another order; scipy whitens the data first.
    expect(actual.density).toBeAllClose(density, { relative: 1e-11 });
    expect(actual.bandwidth).toBeCloseTo(bandwidth, 13);
    expect(actual.error).toBe(0);
  });

  test('when binned, up to the error that is stated', () => {
    const { count, factor, grid, density, bandwidth } = fixture.many;
    const samples = createDensityAccumulator();
    for (let i = 0; i < count; i++) addSample(samples, manyX(i), manyWeight(i));
    const actual = densityAt(samples, grid, { factor });
    // The mean and the deviation are exact sums even then; only their order differs from scipy's.
    expect(actual.bandwidth).toBeCloseTo(bandwidth, 12);
    expect(actual.error).toBeGreaterThan(0);
    expect(actual.error).toBeLessThan(1e-3 * Math.max(...density));
    expect(actual.density).toBeAllClose(density, { absolute: actual.error });
  });
});

describe('an absolute width', () => {
  test('is the kernel width itself', () => {
    const { x, weights, grid } = fixture.cases[1]!;
    const actual = kernelDensity(x, weights, grid, { width: 0.07 });
    expect(actual.bandwidth).toBe(0.07);
    // Terms beyond the kernel's reach are left out: below 1e-15 of its peak, 5.7.
    expect(actual.density).toBeAllClose(plainDensity(x, weights, grid, 0.07), { absolute: 1e-14 });
  });
});

const sample = fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 2 ** -10, max: 8, noNaN: true }));

describe('properties', () => {
  test('the stated error holds after bins were widened and parts merged', () => {
    const random = fc.array(sample, { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(random, fc.integer({ min: 0, max: 12 }), (seeds, scale) => {
        const x: number[] = [];
        const weights: number[] = [];
        for (let i = 0; i < exactLimit + 500; i++) {
          const [value, weight] = seeds[i % seeds.length]!;
          // The second half reaches further, so that the bins must widen.
          x.push((value + 0.001 * Math.sin(i)) * (i > exactLimit ? 2 ** scale : 1));
          weights.push(weight);
        }
        const grid = ridgeGrid(Math.max(...x.map(Math.abs)), 17);
        const whole = createDensityAccumulator();
        const first = createDensityAccumulator();
        const second = createDensityAccumulator();
        x.forEach((value, i) => addSample(whole, value, weights[i]!));
        x.forEach((value, i) => addSample(i % 3 === 0 ? first : second, value, weights[i]!));
        mergeDensity(first, second);
        const width = 0.05 * 2 ** scale;
        const expected = plainDensity(x, weights, grid, width);
        for (const part of [whole, first]) {
          const { density, error } = densityAt(part, grid, { width });
          // Rounding of a few thousand sums comes on top of the binning error.
          expect(density).toBeAllClose(expected, { absolute: error, relative: 1e-12 });
        }
        expect(weightedDeviation(first)).toBeCloseTo(weightedDeviation(whole), 10);
      }),
      { numRuns: 6 },
    );
  });

  test('a density integrates to one', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 3, maxLength: 30 }), (samples) => {
        const grid = Array.from({ length: 401 }, (_, i) => (i - 200) / 100);
        const { density } = kernelDensity(
          samples.map(([x]) => x),
          samples.map(([, weight]) => weight),
          grid,
          { width: 0.05 },
        );
        // Grid spacing is a fifth of the kernel width: the sum over the grid is exact to rounding.
        expect(density.reduce((sum, value) => sum + value, 0) / 100).toBeCloseTo(1, 10);
      }),
    );
  });
});

describe('corner cases', () => {
  test('no samples, or none with weight: flat zero', () => {
    expect(kernelDensity([], [], [-1, 0, 1], { factor: 0.1 })).toEqual({
      density: new Float64Array(3),
      bandwidth: 0,
      error: 0,
    });
    expect(kernelDensity([0.5], [0], [-1, 0, 1], { factor: 0.1 }).bandwidth).toBe(0);
  });

  test('samples that do not differ: a peak one grid step wide', () => {
    const { density, bandwidth } = kernelDensity([0.5, 0.5], [1, 2], [0, 0.25, 0.5, 0.75, 1], { factor: 0.1 });
    expect(bandwidth).toBe(0.25);
    expect(Math.max(...density)).toBe(density[2]);
    expect(kernelDensity([0.5], [1], [0, 0.5, 1], { factor: 0.1 }).bandwidth).toBe(0.5);
  });

  test('a least width holds where the kernel would be narrower', () => {
    const grid = ridgeGrid(1);
    expect(kernelDensity([0.1, 0.1001], [1, 1], grid, { factor: 0.1, least: 0.02 }).bandwidth).toBe(0.02);
    expect(kernelDensity([-0.9, 0.9], [1, 1], grid, { factor: 0.1, least: 0.02 }).bandwidth).toBeGreaterThan(0.1);
  });

  test('NaN and negative weights are refused', () => {
    const samples = createDensityAccumulator();
    expect(() => addSample(samples, NaN, 1)).toThrow(RangeError);
    expect(() => addSample(samples, 0, NaN)).toThrow(RangeError);
    expect(() => addSample(samples, 0, -1)).toThrow(RangeError);
    expect(samples.count).toBe(0);
  });

  test('the grid of a ridge plot is symmetric and has a zero', () => {
    const grid = ridgeGrid(0.4, 5);
    expect(grid).toEqual([-0.5, -0.25, 0, 0.25, 0.5]);
    expect(ridgeGrid(0)).toHaveLength(257);
  });
});
