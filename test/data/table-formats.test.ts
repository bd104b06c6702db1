/** The same table as CSV, JSON-lines and Parquet is the same data set; and tables as other tools write them. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer';
import { openDataset, type OpenOptions } from '../../src/data/open-dataset.js';
import { temporaryFolder, writeFiles } from '../helpers/data-files.js';

const fixtures = fileURLToPath(new URL('../fixtures/data/tables/', import.meta.url));
const folder = temporaryFolder();

async function open(spec: string, options: OpenOptions = {}) {
  const notices: string[] = [];
  const data = await openDataset(spec, { ...options, onNotice: (line) => notices.push(line.replaceAll(spec, 'file')) });
  return { data, notices };
}

/** All that a data set says of its examples. */
async function contents(spec: string, options: OpenOptions = {}) {
  const { data, notices } = await open(spec, options);
  const all = Array.from({ length: data.length }, (_, i) => i);
  return {
    fingerprint: data.fingerprint,
    elements: Array.from(await data.examples(all)),
    labels: Array.from(data.labels),
    classNames: data.classNames,
    featureNames: data.featureNames,
    notes: all.map((i) => data.origin(i).notes),
    rows: all.map((i) => data.origin(i).row),
    notices,
  };
}

describe('as pandas and pyarrow write a table', () => {
  const expected = {
    shape: [4],
    featureNames: ['length', 'width', 'petals', 'wild'],
    classNames: ['setosa', 'versicolor', 'virginica'],
  };
  const files = [
    ...['pandas.csv', 'semicolon.csv', 'tabs.tsv', 'gzipped.csv.gz', 'pandas.jsonl', 'v2.parquet'],
    ...['snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'none'].map((codec) => `${codec}.parquet`),
  ];

  test.each(files)('%s', async (file) => {
    for (const split of ['train', 'test'] as const) {
      const { data } = await open(join(fixtures, file), { split });
      const found = { shape: data.shape, featureNames: data.featureNames, classNames: data.classNames };
      expect(found).toEqual(expected);
      for (let i = 0; i < data.length; i++) {
        const row = data.origin(i).row!;
        const values = [row * 0.25 + 4, (row % 5) * 0.5, row % 7, 1 - (row % 2)];
        expect(Array.from(await data.examples([i]))).toEqual(values);
        expect(data.labels[i]).toBe([0, 2, 1][row % 3]);
        expect(data.origin(i).notes).toEqual({ note: `no. ${row}, "${'äß鳥'[row % 3]!}"\\u{a}second line` });
      }
      expect(data.length).toBe(split === 'train' ? 22 : 2);
    }
  });

  test.each(['lists.parquet', 'lists.jsonl'])('%s: the elements of lists are features', async (file) => {
    const { data } = await open(join(fixtures, file));
    expect([data.shape, data.featureNames]).toEqual([[3], ['pixels[0]', 'pixels[1]', 'pixels[2]']]);
    expect(Array.from(await data.examples([5]))).toEqual([data.origin(5).row, data.origin(5).row! / 2, 0.25]);
  });

  test('pictures in Parquet, as Hugging Face writes them', async () => {
    const { data, notices } = await open(join(fixtures, 'hub'));
    const held = await open(join(fixtures, 'hub'), { split: 'test' });
    expect([data.shape, data.kind, data.elementType, data.classNames]).toEqual([
      [3, 4, 5],
      'image',
      'uint8',
      ['cat', 'dog'],
    ]);
    expect([Array.from(data.labels), Array.from(held.data.labels), notices]).toEqual([
      [0, 1, 0, 1, 0, 1, 0, 1],
      [0, 1, 0],
      [],
    ]);
    expect([data.origin(1), data.origin(5), held.data.origin(2)]).toEqual([
      { file: 'data/train-00000-of-00002.parquet', row: 1 },
      { file: 'data/train-00001-of-00002.parquet', row: 0 },
      { file: 'data/test-00000-of-00001.parquet', row: 2 },
    ]);
    const { data: pixels } = await held.data.picture(1);
    expect(Array.from(pixels)).toEqual(Array.from({ length: 60 }, (_, i) => (i * 37 + 9 * 101) % 256));
    const alone = await open(join(fixtures, 'hub/data/test-00000-of-00001.parquet'), { split: 'train' });
    expect([alone.data.length, alone.data.origin(2)]).toEqual([3, { file: undefined, row: 2 }]);
  });
});

describe('one table in three formats', () => {
  interface Column {
    readonly name: string;
    readonly values: readonly (number | boolean | string)[];
    readonly type: 'DOUBLE' | 'FLOAT' | 'INT32' | 'INT64' | 'BOOLEAN' | 'STRING';
  }
  // JSON has no -0.
  const float = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  // Text that no number or truth value can be read from.
  const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((part) => `~${part.replaceAll('\0', '')}~`);
  const types: readonly [Column['type'], fc.Arbitrary<number | boolean | string>][] = [
    ['DOUBLE', float],
    ['FLOAT', float],
    ['INT32', fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
    ['INT64', fc.integer({ min: -(2 ** 53), max: 2 ** 53 })],
    ['BOOLEAN', fc.boolean()],
    ['STRING', text],
  ];
  const tables = fc.integer({ min: 1, max: 25 }).chain((rows) => {
    const column = fc.constantFrom(...types).chain(([type, value]) =>
      fc.record({
        type: fc.constant(type),
        name: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 6 }).map((name) => `c${name}c`),
        values: fc.array(value, { minLength: rows, maxLength: rows }),
      }),
    );
    const label = fc.oneof(
      fc
        .array(fc.nat(3), { minLength: rows, maxLength: rows })
        .map((values) => ({ name: 'y', type: 'INT32' as const, values })),
      fc
        .array(text, { minLength: rows, maxLength: rows })
        .map((values) => ({ name: 'y', type: 'STRING' as const, values })),
      fc
        .array(fc.boolean(), { minLength: rows, maxLength: rows })
        .map((values) => ({ name: 'y', type: 'BOOLEAN' as const, values })),
    );
    const feature = fc
      .array(float, { minLength: rows, maxLength: rows })
      .map((values) => ({ name: 'feature', type: 'FLOAT' as const, values }));
    return fc.tuple(
      fc.uniqueArray(column, { selector: ({ name }) => name.trim(), maxLength: 5 }),
      label,
      feature,
      fc.integer({ min: 1, max: rows }),
    );
  });

  const csv = (columns: readonly Column[], rows: number): string => {
    const cell = (value: number | boolean | string): string =>
      typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value);
    const lines = Array.from({ length: rows }, (_, i) => columns.map(({ values }) => cell(values[i]!)).join(','));
    return `${[columns.map(({ name }) => cell(name)).join(','), ...lines].join('\n')}\n`;
  };
  const jsonLines = (columns: readonly Column[], rows: number): string =>
    Array.from({ length: rows }, (_, i) =>
      JSON.stringify(Object.fromEntries(columns.map(({ name, values }) => [name, values[i]]))),
    ).join('\n');
  const parquet = (columns: readonly Column[], rowGroupSize: number): Uint8Array => {
    const columnData = columns.map(({ name, type, values }): ColumnSource => {
      const data = type === 'INT64' ? (values as number[]).map(BigInt) : [...values];
      return { name, type, data: data as unknown[] };
    });
    return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize }));
  };

  test('gives the same data set', async () => {
    await fc.assert(
      fc.asyncProperty(tables, async ([others, label, feature, rowGroupSize]) => {
        // Names of columns are trimmed, as headings of CSV are.
        const columns: Column[] = [
          ...others.map((column) => ({ ...column, name: column.name.trim() })),
          label,
          feature,
        ];
        const rows = label.values.length;
        writeFiles(folder, {
          't.csv': csv(columns, rows),
          't.jsonl': jsonLines(columns, rows),
          't.parquet': parquet(columns, rowGroupSize),
        });
        const fromCsv = await contents(join(folder, 't.csv'));
        expect(await contents(join(folder, 't.jsonl'))).toEqual(fromCsv);
        expect(await contents(join(folder, 't.parquet'))).toEqual(fromCsv);
        expect(fromCsv.featureNames).toContain('feature');
      }),
      { numRuns: 60 },
    );
  });
});

test('nested arrays keep their shape, as arrays of .npz do', async () => {
  const lines = Array.from({ length: 4 }, (_, i) =>
    JSON.stringify({
      x: [
        [
          [i, 2],
          [3, 4],
          [5, 6],
        ],
      ],
      y: i % 2,
    }),
  );
  const spec = join(writeFiles(folder, { 'nested.jsonl': lines.join('\n') }), 'nested.jsonl');
  const { data } = await open(spec);
  expect([data.shape, data.kind, data.featureNames]).toEqual([[1, 3, 2], 'image', undefined]);
  expect(Array.from(await data.examples([1]))).toEqual([1, 2, 3, 4, 5, 6]);
});
