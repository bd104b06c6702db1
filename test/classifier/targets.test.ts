import { expect, test } from '@jest/globals';
import { targetOf } from '../../src/classifier/targets.js';

const names = ['Coat', 'Bag', '1', 'Boot'];
const ask = (wanted: string, truth?: number) =>
  targetOf({ wanted, predicted: 3, truth, input: 'shoe.png' }, { kind: 'class', count: names.length, names });

test('a target is what was predicted, what is true, a name or a number; names come first', () => {
  expect(ask('predicted')).toBe(3);
  expect(ask('true', 1)).toBe(1);
  expect(ask('Bag')).toBe(1);
  expect(ask('0')).toBe(0);
  expect(ask('1')).toBe(2);
});

test.each([
  ['true', /the class of shoe\.png is not known/],
  ['4', /`target` 4: expected predicted, true, or a class by name or number from 0 to 3$/],
  ['Boat', /the nearest are (Coat|Boot), (Coat|Boot), /],
  ['-1', /`target` -1: expected predicted/],
])('%s is refused', (wanted, message) => {
  expect(() => ask(wanted)).toThrow(message);
});

test('units of a hidden layer have numbers only', () => {
  const ofUnit = (wanted: string) =>
    targetOf({ wanted, predicted: 7, truth: 1, input: 'shoe.png' }, { kind: 'unit', count: 9, layer: 'fc1' });
  expect(ofUnit('predicted')).toBe(7);
  expect(ofUnit('3')).toBe(3);
  expect(() => ofUnit('true')).toThrow(/the units of layer "fc1" are not classes; give a number/);
  expect(() => ofUnit('9')).toThrow(/expected predicted, or a unit from 0 to 8/);
});

test('the true class of another data set is no class of the model', () => {
  expect(() => ask('true', 4)).toThrow(/the class of shoe\.png is not known/);
});
