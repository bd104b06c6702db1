/** Tables in any width: none is wider than asked, and no number is lost. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { plainText, textOf } from '../../../src/cli/colour.js';
import { alignedTable, type Cell, type Column } from '../../../src/cli/table.js';
import { elidePath, wrapText } from '../../../src/cli/wrap.js';

/** A table without its colours. */
const tableText = (...table: Parameters<typeof alignedTable>) => alignedTable(...table).map(plainText);

const HEADING: (string | Column)[] = [
  'layer',
  'stands out from the average input',
  'steps',
  { title: 'map', holds: 'paths' },
];
const ROWS: Cell[][] = [
  ['conv1', 'Ankle boot (+12.3 %)', 1234567, 'explanations/query-0/input-x-gradient/conv1/heat-map.png'],
  ['GlobalAveragePool', 'mixed batches (-0.2 %)', 3, 'map.png'],
];

test('what fits stays as it is: columns as wide as their widest cell, numbers to the right', () => {
  const rows = [
    ['α', 1234, 'x'],
    ['layer', 5, 'y'],
  ];
  expect(tableText(['name', 'count', 'of'], rows)).toEqual([
    'name   count  of',
    '─────  ─────  ──',
    'α      1,234  x',
    'layer      5  y',
  ]);
});

test('what does not: text breaks at words, titles too, and a path loses its middle', () => {
  expect(tableText(HEADING, ROWS, 80)).toEqual([
    'layer              stands out from the           steps  map',
    '                   average input',
    '─────────────────  ────────────────────────  ─────────  ────────────────────────',
    'conv1              Ankle boot (+12.3 %)      1,234,567  explanatio…/heat-map.png',
    'GlobalAveragePool  mixed batches (-0.2 %)            3  map.png',
  ]);
});

test('what cannot: the cells of a row below each other', () => {
  expect(tableText(HEADING, ROWS, 50)).toEqual([
    'layer                 conv1',
    'stands out from the   Ankle boot (+12.3 %)',
    'average input',
    'steps                 1,234,567',
    'map                   explanations/q…/heat-map.png',
    '',
    'layer                 GlobalAveragePool',
    'stands out from the   mixed batches (-0.2 %)',
    'average input',
    'steps                 3',
    'map                   map.png',
  ]);
});

test('wide characters take two columns, marks that combine none', () => {
  const rows = [
    ['猫の写真', 'x'],
    ['e\u0301te\u0301', 'y'],
  ];
  expect(tableText(['class', 'of'], rows)).toEqual([
    'class     of',
    '────────  ──',
    '猫の写真  x',
    'e\u0301te\u0301       y',
  ]);
  expect(wrapText('猫の写真です', 7)).toEqual(['猫の写', '真です']);
  expect(wrapText('e\u0301te\u0301e\u0301', 2)).toEqual(['e\u0301t', 'e\u0301e\u0301']);
});

test('a name from a file brings no escape, and a style colours its own cell', () => {
  const [, , row] = alignedTable(['name', 'verdict'], [['\u001b[31mred\n', { text: 'FAIL', style: 'bad' }]]);
  expect(plainText(row!)).toBe('\\u{1b}[31mred\\u{a}  FAIL');
  expect(row).toContainEqual({ text: 'FAIL', style: 'bad' });
});

describe('paths', () => {
  test('the start of the folder and the name of the file stay', () => {
    expect(elidePath('photos/2021/summer/beach/0001.png', 20)).toBe('photos/202…/0001.png');
    expect(elidePath('photos/0001.png', 20)).toBe('photos/0001.png');
  });

  test('a name that does not fit is not cut', () => {
    for (const path of ['photos/a-name-that-is-too-long-for-that.png', 'a-name-that-is-too-long.png']) {
      expect(elidePath(path, 12)).toBe(path);
    }
  });
});

test('text goes on below itself, and never begins a line with the space that was broken at', () => {
  expect(wrapText('  at the end of the line', 12)).toEqual(['  at the end', '  of the', '  line']);
  expect(wrapText('representations.layers', 16)).toEqual(['representations.', 'layers']);
  expect(wrapText('of 12.5 % at 3', 9)).toEqual(['of 12.5 %', 'at 3']);
  expect(wrapText('', 9)).toEqual(['']);
});

const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom(...'abcdeABC-_/.') }),
  fc.constantFrom('猫の写真です', 'e\u0301te\u0301', '👩‍👩‍👧', 'Größe', 'نص'),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((value) => value.toPrecision(4)),
);
const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '));
const cell: fc.Arbitrary<Cell> = fc.oneof(
  text,
  fc.integer(),
  fc.integer({ min: 0, max: 1 }).map((n) => ({ text: String(n), style: 'good' as const })),
);
const table = fc.integer({ min: 1, max: 8 }).chain((columns) =>
  fc.record({
    heading: fc.array(fc.record({ title: text, holds: fc.constantFrom(undefined, 'paths' as const) }), {
      minLength: columns,
      maxLength: columns,
    }),
    rows: fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 5 }),
    width: fc.integer({ min: 50, max: 200 }),
  }),
);

test('any table: never wider than asked, and every number is there in one piece', () => {
  fc.assert(
    fc.property(table, ({ heading, rows, width }) => {
      const lines = tableText(heading, rows, width);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      const shown = lines.join('\n');
      rows.forEach((row) =>
        row.forEach((each, column) => {
          if (heading[column]!.holds === 'paths') return;
          const said = typeof each === 'number' ? each.toLocaleString('en-US') : textOf(each);
          for (const number of said.match(/(?<!\S)-?[\d.,]+(?:e[+-]\d+)?(?!\S)/g) ?? [])
            expect(shown).toContain(number);
        }),
      );
    }),
    { numRuns: 500 },
  );
});

test('any table: what text cells say is all there, in order', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), fc.integer({ min: 50, max: 200 }), (cells, width) => {
      const lines = tableText(
        ['only'],
        cells.map((each) => [each]),
        width,
      );
      const letters = (of: string) => of.replace(/\s/g, '');
      expect(letters(lines.slice(2).join(''))).toBe(letters(cells.join('')));
    }),
  );
});

test('any path: no wider than asked where its name fits, with its name and its start', () => {
  const folder = fc.array(fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abc12_猫') }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(folder, fc.integer({ min: 20, max: 60 }), (parts, width) => {
      const path = parts.join('/');
      const short = elidePath(path, width);
      expect(stringWidth(short)).toBeLessThanOrEqual(width);
      expect(short.endsWith(parts.at(-1)!)).toBe(true);
      expect(short[0]).toBe(path[0]);
    }),
  );
});
