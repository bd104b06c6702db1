import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isFileName, layerFiles } from '../../../src/log/format/layer.js';

test('plain names stay, others become safe and distinct', () => {
  const long = 'x'.repeat(300);
  const names = [
    long,
    long,
    'conv1',
    'fc.weight',
    'a/b',
    'a:b',
    'Conv1',
    'steps',
    '../x',
    '',
    '.hidden',
    'nul',
    'größe',
  ];
  const files = [
    'x'.repeat(80),
    `${'x'.repeat(80)}-1`,
    'conv1',
    'fc.weight',
    'a_b',
    'a_b-1',
    'Conv1-1',
    'steps-1',
    '_._x',
    '_',
    '_hidden',
    'nul-1',
    'gr__e',
  ];
  expect(layerFiles(names)).toEqual(files);
});

test('any names give files that are legal, and distinct even where case does not count', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('é', 'CON', 'seal', 'Seal', 'a', 'A', 'a.')), {
        maxLength: 12,
      }),
      (names) => {
        const files = layerFiles(names);
        expect(files.filter((file) => !isFileName(file))).toEqual([]);
        expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length);
      },
    ),
  );
});

test.each(['../x', 'a/b', '', '.', '..', 'steps', 'con', 'a\\b', 'a\n', 'x'.repeat(300)])(
  '%j is no file of a log',
  (name) => {
    expect(isFileName(name)).toBe(false);
  },
);
