import { expect, test } from '@jest/globals';
import { comparedExamples, isEvidence, listOverlap } from '../../../src/explain/trace/list-overlap.js';

test('pairs of inputs that are decided differently count', () => {
  const lists = [
    [1, 2, 3],
    [3, 2, 9],
    [4, 5, 1],
  ];
  // Inputs 0 and 1 are of one class: (0, 2) share one example, (1, 2) none.
  expect(listOverlap(lists, [0, 0, 1], 3, 900)).toEqual({ shared: 0.5, of: 3, inputs: 3, chance: 0.01 });
  // Where all are decided alike, all pairs count: 2, 1 and 0.
  expect(listOverlap(lists, [0, 0, 0], 3, 900)!.shared).toBe(1);
  expect(listOverlap(lists.slice(0, 1), [0], 3, 900)).toBeUndefined();
});

test('lists that hold nothing say nothing', () => {
  const overlap = listOverlap([[], [], []], [0, 0, 0], 10, 1000)!;
  expect(overlap.shared).toBe(10);
  expect(isEvidence(overlap)).toBe(false);
});

test('a tenth of a list may be shared, beyond chance', () => {
  const overlap = (shared: number, examples: number) => ({ shared, of: 10, inputs: 32, chance: 100 / examples });
  expect(isEvidence(overlap(0.9, 1e6))).toBe(true);
  expect(isEvidence(overlap(1.1, 1e6))).toBe(false);
  // Ten of forty examples: two lists share 2.5 by chance.
  expect(isEvidence(overlap(3, 40))).toBe(true);
  expect(isEvidence(overlap(4, 40))).toBe(false);
});

test('of few training examples fewer are compared', () => {
  expect([5000, 40, 39, 8, 1].map(comparedExamples)).toEqual([10, 10, 9, 2, 1]);
});
