import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesText, printable } from '../../src/data/printable.js';

test('printable text is one bounded line without controls, and plain text stays as it is', () => {
  const hostile = fc.string({
    unit: fc.constantFrom('a', '\n', '\x1b', '\u202e', '\ud800', '\u2028', 'é', '🥾', '\x9b'),
    maxLength: 400,
  });
  fc.assert(
    fc.property(hostile, (text) => {
      const shown = printable(text, 50);
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202e]/u);
      expect(shown.length).toBeLessThanOrEqual(50 * '\\u{202e}'.length);
      if (/^[aé🥾]{0,25}$/u.test(text)) expect(shown).toBe(text);
    }),
  );
});

test('sizes', () => {
  expect([0, 1023, 1536, 2 ** 30, 2 ** 62].map(bytesText)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1.50 KiB',
    '1.00 GiB',
    '4.10e+3 PiB',
  ]);
});
