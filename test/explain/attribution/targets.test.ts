import { expect, test } from '@jest/globals';
import { targetClass } from '../../../src/explain/attribution/targets.js';

const names = ['Coat', 'Bag', '1', 'Boot'];
const ask = (wanted: string, truth?: number) =>
  targetClass({ wanted, predicted: 3, truth, input: 'shoe.png' }, names, names.length);

test('a target is what was predicted, what is true, a name or a number; names come first', () => {
  expect(ask('predicted')).toBe(3);
  expect(ask('true', 1)).toBe(1);
  expect(ask('Bag')).toBe(1);
  expect(ask('0')).toBe(0);
  expect(ask('1')).toBe(2);
});

test.each([
  ['true', /the class of shoe\.png is not known/],
  ['4', /`target` 4: no such class; the model has 0 to 3, and the nearest names are /],
  ['Boat', /the nearest names are (Coat|Boot), (Coat|Boot), /],
  ['-1', /no such class/],
])('%s is refused', (wanted, message) => {
  expect(() => ask(wanted)).toThrow(message);
});
