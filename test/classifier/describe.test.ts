/** What results say of an input: the most probable classes, and the true one however improbable it is. */
import { expect, test } from '@jest/globals';
import { describeInput, LISTED_CLASSES } from '../../src/classifier/describe.js';

const classNames = Array.from({ length: 30 }, (_, i) => `class ${i}`);
const scores = classNames.map((_, i) => -i);
const input = (label?: number, own = classNames) => ({ name: 'x', label, classNames: own });

test('the true class has its probability, also where it is not among those listed', () => {
  const found = describeInput(input(25), scores, { activation: 'softmax' }, classNames);
  expect(found.topClasses).toHaveLength(LISTED_CLASSES);
  expect(found.topClasses.map((entry) => entry.class)).not.toContain(25);
  expect(found.truth).toMatchObject({ class: 25, label: 'class 25' });
  expect(found.truth!.probability! / found.predicted.probability).toBeCloseTo(Math.exp(-25), 15);
  const right = describeInput(input(0), scores, { activation: 'softmax' }, classNames);
  expect(right.truth!.probability).toBe(right.predicted.probability);
});

test('what is not known is left out', () => {
  expect(describeInput(input(), scores, { activation: 'softmax' }, classNames).truth).toBeUndefined();
  expect(describeInput(input(3, ['other']), scores, { activation: 'softmax' }, classNames).truth).toBeUndefined();
});
