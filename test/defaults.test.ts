import { expect, test } from '@jest/globals';
import { withDefaults } from '../src/defaults.js';

test('what is given takes the place of a default; undefined leaves it', () => {
  const defaults = { rate: 0.1, steps: 5, name: 'a' };
  expect(withDefaults(defaults, { rate: 0, steps: undefined })).toEqual({ rate: 0, steps: 5, name: 'a' });
  expect(withDefaults(defaults, undefined)).toEqual(defaults);
});
