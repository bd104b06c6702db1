import { expect, test } from '@jest/globals';
import { gaussLegendre } from '../../src/numeric/gauss-legendre.js';

test.each([1, 2, 3, 7, 50, 301])('%i points integrate polynomials up to degree 2n − 1 exactly', (count) => {
  const { points, weights } = gaussLegendre(count);
  for (const degree of [0, 1, count, 2 * count - 1]) {
    const sum = points.reduce((total, x, i) => total + weights[i]! * x ** degree, 0);
    // Float64 sums of up to 301 terms.
    expect(Math.abs(sum * (degree + 1) - 1)).toBeLessThan(1e-11);
  }
  expect(points.every((x, i) => x > 0 && x < 1 && (i === 0 || x > points[i - 1]!))).toBe(true);
});

test('the rule with two points, by hand', () => {
  const { points, weights } = gaussLegendre(2);
  expect(Array.from(weights)).toBeAllClose([0.5, 0.5], { absolute: 1e-15 });
  expect(Array.from(points)).toBeAllClose([0.5 - Math.sqrt(1 / 12), 0.5 + Math.sqrt(1 / 12)], { absolute: 1e-15 });
});
