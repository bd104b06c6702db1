import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTop } from '../../src/numeric/top.js';

test('keeps the best, in order; what comes first wins a tie', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 })), fc.integer({ min: 1, max: 8 }), (scores, limit) => {
      const top = createTop<number>(limit);
      scores.forEach((score, place) => top.offer(score, place));
      const expected = scores
        .map((score, place) => ({ score, place }))
        .sort((a, b) => b.score - a.score || a.place - b.place)
        .slice(0, limit);
      expect(top.items).toEqual(expected.map(({ place }) => place));
    }),
  );
});
