import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holdOut } from '../../src/data/hold-out.js';

test('the two splits part the data; each class is held out in proportion; the same every time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4), { maxLength: 200 }), (labels) => {
      const train = holdOut(labels, 'train');
      const held = holdOut(labels, 'test');
      expect([...train, ...held].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
      expect(held).toHaveLength(Math.floor(labels.length / 10));
      expect(holdOut(labels, 'test')).toEqual(held);
      for (const split of [train, held]) expect(split).toEqual(split.toSorted((a, b) => a - b));
      for (let label = 0; label <= 4; label++) {
        const all = labels.filter((l) => l === label).length;
        const taken = held.filter((i) => labels[i] === label).length;
        // A class is one run of the sorted order, and takes every tenth place of it wherever it begins.
        expect(Math.abs(taken - all / 10)).toBeLessThan(1);
      }
    }),
  );
});
