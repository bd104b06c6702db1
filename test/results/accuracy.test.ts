/** The explained model's accuracy beside guessing. */
import { describe, expect, test } from '@jest/globals';
import { accuracyOfRun, accuracyOfScores, accuracyOn } from '../../src/results/accuracy.js';

describe('counted', () => {
  const labels = Int32Array.of(0, 1, 1, 2);
  const split = 'test' as const;

  test('chance is the share of the most frequent class', () => {
    expect(accuracyOn({ split, labels }, 0.75)).toEqual({ split, value: 0.75, chance: 0.5, examples: 4 });
    expect(accuracyOn({ split, labels: [] }, 0)).toBeUndefined();
  });

  test('of scores', () => {
    const scores = [3, 1, 2, /**/ 0, 5, 1, /**/ 9, 8, 7, /**/ -2, -3, -1];
    expect(accuracyOfScores({ split, labels }, scores, 3)!.value).toBe(0.75);
    expect(accuracyOfScores({ split, labels: [0, 1, 1] }, [-1, 2, -3], 1)!.value).toBeCloseTo(2 / 3);
  });

  test('of a run: what its last epoch reached, and only on the split that it was measured on', () => {
    const epochs = [{ testAccuracy: 0.25 }, { testAccuracy: 0.5 }];
    expect(accuracyOfRun({ epochs }, { split, labels })!.value).toBe(0.5);
    for (const nothing of [
      accuracyOfRun({ epochs }, undefined),
      accuracyOfRun({ epochs }, { split: 'train', labels }),
      accuracyOfRun({ epochs: [] }, { split, labels }),
      accuracyOfRun({ epochs: [{}] }, { split, labels }),
    ]) {
      expect(nothing).toBeUndefined();
    }
  });
});
