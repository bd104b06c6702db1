import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawExamples, drawPerClass } from '../../../src/explain/trends/draw.js';
import { measuredSteps, shownSteps, usualSpacing } from '../../../src/explain/trends/steps.js';

test('the first and the last step are measured, and every so many in between', () => {
  expect(measuredSteps(10, 3)).toEqual([0, 3, 6, 9, 10]);
  expect(measuredSteps(10, 5)).toEqual([0, 5, 10]);
  expect(measuredSteps(1, 1)).toEqual([0, 1]);
  expect(measuredSteps(6000, usualSpacing(6000))).toHaveLength(101);
  expect(measuredSteps(7, usualSpacing(7))).toHaveLength(8);
});

test.each([0, -1, 1.5, NaN])('every %d is refused', (every) => {
  expect(() => measuredSteps(10, every)).toThrow(`\`every\` ${every}: expected a whole number from 1`);
});

test('a spacing wider than the run is refused, with what would do', () => {
  expect(() => measuredSteps(10, 11)).toThrow('`every` 11: the run has 10 steps only; measure it at least every 10');
});

test('shown are some of the measured steps, the first and the last among them, closer at the start', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 40 }), (steps, every) => {
      fc.pre(every <= steps);
      const measured = measuredSteps(steps, every);
      const shown = shownSteps(measured);
      expect(shown.length).toBeLessThanOrEqual(25);
      expect([shown[0], shown.at(-1)]).toEqual([0, steps]);
      expect(shown.every((step, i) => measured.includes(step) && (i === 0 || step > shown[i - 1]!))).toBe(true);
    }),
  );
});

test('draws are by the seed alone: so many of each class, and none twice', () => {
  const labels = Int32Array.from({ length: 200 }, (_, i) => (i * 7) % 3);
  const drawn = drawPerClass(labels, 5, 'train', 4);
  expect(drawn).toEqual(drawPerClass(labels, 5, 'train', 4));
  expect(drawn).not.toEqual(drawPerClass(labels, 5, 'test', 4));
  expect(drawn).not.toEqual(drawPerClass(labels, 5, 'train', 5));
  expect(drawn.map((index) => labels[index])).toEqual([0, 1, 2].flatMap((label) => Array<number>(5).fill(label)));
  expect(new Set(drawn).size).toBe(15);
  expect(drawPerClass(Int32Array.of(2, 0, 2), 5, 'test', 0)).toEqual([1, 0, 2]);
  // More of a class keep those that were drawn before.
  expect(drawPerClass(labels, 9, 'train', 4)).toEqual(expect.arrayContaining(drawn));

  const examples = drawExamples(50, 20, 'test', 1);
  expect(new Set(examples).size).toBe(20);
  expect([...examples].sort((a, b) => a - b)).toEqual(examples);
  expect(drawExamples(5, 20, 'test', 1)).toEqual([0, 1, 2, 3, 4]);
});
