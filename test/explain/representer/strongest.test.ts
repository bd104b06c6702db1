/** The largest of values that were computed in floating point. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { couldBeLargest, spareFor } from '../../../src/explain/representer/strongest.js';
import { randomNumbers } from '../../helpers/random-tensors.js';

test('candidates hold the largest values, however rounding has moved them', () => {
  const moved = fc.record({
    values: fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 }),
    error: fc.integer({ min: 0, max: 3 }),
    count: fc.integer({ min: 1, max: 12 }),
    seed: fc.integer(),
  });
  let told = 0;
  fc.assert(
    fc.property(moved, ({ values, error, count, seed }) => {
      const next = randomNumbers(seed);
      const computed = values.map((value) => value + error * (2 * next() - 1));
      const order = Array.from(computed.keys()).sort((a, b) => computed[b]! - computed[a]!);
      const kept = order.slice(0, count + spareFor(count));
      const leftOut = order.length > kept.length ? computed[order[kept.length]!]! : -Infinity;
      const found = couldBeLargest({ values: kept.map((i) => computed[i]!), indices: kept, leftOut }, count, error);
      if (!found) return;
      told++;
      const largest = Array.from(values.keys())
        .filter((i) => values[i]! > 0)
        .sort((a, b) => values[b]! - values[a]! || a - b)
        .slice(0, count);
      expect(found).toEqual(expect.arrayContaining(largest));
    }),
    { numRuns: 2000 },
  );
  // Otherwise this would hold nothing.
  expect(told).toBeGreaterThan(500);
});
