import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { averagePrecision, recallAt, rocAuc, suspicionOrder } from '../../../src/explain/audit/metrics.js';

const examples = fc
  .array(fc.record({ score: fc.integer({ min: 0, max: 6 }), wrong: fc.boolean() }), { minLength: 2, maxLength: 40 })
  .filter((list) => list.some(({ wrong }) => wrong) && list.some(({ wrong }) => !wrong));

test('ROC-AUC is the share of pairs in the right order, ties counting half', () => {
  fc.assert(
    fc.property(examples, (list) => {
      let [right, pairs] = [0, 0];
      for (const a of list.filter(({ wrong }) => wrong)) {
        for (const b of list.filter(({ wrong }) => !wrong)) {
          pairs++;
          right += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
        }
      }
      const scores = list.map(({ score }) => score);
      const wrong = list.map((one) => one.wrong);
      expect(rocAuc(scores, wrong)).toBeCloseTo(right / pairs, 12);
      // Turning the scores round turns the area round.
      const turned = rocAuc(
        scores.map((score) => -score),
        wrong,
      );
      expect(turned).toBeCloseTo(1 - right / pairs, 12);
    }),
  );
});

test('average precision and recall of small examples', () => {
  const wrong = [false, true, false, true];
  expect(averagePrecision([1, 3, 0, 2], wrong)).toBe(1);
  // Wrong ones at places 2 and 4: (1/2 + 2/4) / 2.
  expect(averagePrecision([0, 1, 2, 3], wrong)).toBe(0.5);
  expect([0, 1, 2, 3, 4].map((n) => recallAt([0, 1, 2, 3], wrong, n))).toEqual([0, 0, 0.5, 0.5, 1]);
});

test('ties keep the order of the given positions', () => {
  expect([...suspicionOrder([1, 2, 2, 0], [0, 9, 5, 1])]).toEqual([2, 1, 0, 3]);
});
