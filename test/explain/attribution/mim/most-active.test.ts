/** The examples that activate units most, against all activations sorted. */
import { expect, test } from '@jest/globals';
import { MOST_ACTIVE, mostActive } from '../../../../src/explain/attribution/mim/most-active.js';
import { randomNumbers } from '../../../helpers/random-tensors.js';

/** All examples in order, sorted for each unit: slowly. */
function sorted(activations: Float32Array, units: number, unit: number) {
  const all = Array.from({ length: activations.length / units }, (_, position) => ({
    position,
    activation: activations[position * units + unit]!,
  }));
  return all.sort((a, b) => b.activation - a.activation || a.position - b.position).slice(0, MOST_ACTIVE);
}

test.each([
  ['many examples, in chunks of any size', 500, [1, 7, 100, 392]],
  ['fewer than are kept', 2, [2]],
])('%s', (_, count, chunks) => {
  const units = 11;
  const next = randomNumbers(3);
  // Few distinct values, zeros and negative ones among them: many ties.
  const activations = Float32Array.from({ length: count * units }, () => Math.round(40 * next() - 20) / 4);
  const active = mostActive(units);
  let first = 0;
  for (const rows of chunks) {
    active.add(activations.subarray(first * units, (first + rows) * units), first);
    first += rows;
  }
  expect(first).toBe(count);
  for (let unit = 0; unit < units; unit++) expect(active.of(unit)).toEqual(sorted(activations, units, unit));
});
