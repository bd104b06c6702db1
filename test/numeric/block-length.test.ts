import { expect, test } from '@jest/globals';
import { blockLength } from '../../src/numeric/block-length.js';
import { seededRandom } from '../../src/numeric/random.js';

function autoregressive(steps: number, phi: number, seed: number): number[] {
  const random = seededRandom(seed, 3);
  let value = random.normal() / Math.sqrt(1 - phi ** 2);
  return Array.from({ length: steps }, () => (value = phi * value + random.normal()));
}

test.each([0.3, 0.5, -0.5, 0.7])('neighbours that correlate by %d: the length that theory names', (phi) => {
  const n = 20_000;
  // G and the spectrum at 0 in closed form: R(k) = φ^|k| up to a factor that cancels.
  const [weighed, spectrum] = [(2 * phi) / (1 - phi) ** 2, (1 + phi) / (1 - phi)];
  const best = ((2 * weighed ** 2 * n) / ((4 / 3) * spectrum ** 2)) ** (1 / 3);
  const lengths = Array.from({ length: 8 }, (_, seed) => blockLength(autoregressive(n, phi, seed), n));
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  // The spectrum is estimated: single lengths scatter by a tenth.
  expect(mean).toBeGreaterThan(0.8 * best);
  expect(mean).toBeLessThan(1.25 * best);
});

test('a series without memory has short blocks', () => {
  const lengths = Array.from({ length: 20 }, (_, seed) => blockLength(autoregressive(600, 0, seed), 75));
  expect(lengths.sort((a, b) => a - b)[10]).toBeLessThanOrEqual(3);
});

test('a trend, or a memory as long as the series, has the longest', () => {
  const noise = autoregressive(600, 0, 1);
  expect(
    blockLength(
      noise.map((value, i) => value + i / 50),
      75,
    ),
  ).toBe(75);
  expect(blockLength(autoregressive(600, 0.995, 2), 75.9)).toBe(75);
});

test('what says nothing has blocks of one, and none is longer than asked for', () => {
  expect(blockLength([], 8)).toBe(1);
  expect(blockLength([1, 2, 3], 8)).toBe(1);
  expect(blockLength([5, 5, 5, 5, 5, 5, 5, 5, 5, 5], 8)).toBe(1);
  expect(blockLength(autoregressive(600, 0.9, 3), 7.5)).toBe(7);
  expect(blockLength(autoregressive(600, 0.9, 3), 0.5)).toBe(1);
});
