/** Files that are cut short or damaged: an InputError, or a data set; nothing else, and soon. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openDataset } from '../../src/data/open-dataset.js';
import { checkPages } from '../../src/data/tables/parquet-pages.js';
import { inputErrorOf, temporaryFolder } from '../helpers/data-files.js';

const fixtures = fileURLToPath(new URL('../fixtures/data/tables/', import.meta.url));
const folder = temporaryFolder();

/** What comes of opening these bytes: `opened`, or the message of the InputError. */
async function outcome(name: string, bytes: Uint8Array): Promise<string> {
  const spec = join(folder, basename(name));
  writeFileSync(spec, bytes);
  try {
    const data = await openDataset(spec, { memoryLimit: 2 ** 26 });
    await data.examples([0, data.length - 1]);
    return 'opened';
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'InputError') throw error;
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(error.message.startsWith(spec)).toBe(true);
    return error.message;
  }
}

describe('cut short', () => {
  // Text without its last rows is text.
  test.each([
    ['lists.parquet', 5, false],
    ['hub/data/test-00000-of-00001.parquet', 5, false],
    ['pets.zip', 5, false],
    ['pets.tar.gz', 7, false],
    ['pets.tar', 97, false],
    ['zip64.npz', 3, false],
    ['booleans.npz', 3, false],
    ['gzipped.csv.gz', 1, false],
    ['lists.jsonl', 5, true],
    ['tabs.tsv', 11, true],
  ])('%s, at every %d. byte', async (name, step, mayOpen) => {
    const bytes = readFileSync(join(fixtures, name));
    const found = new Set<string>();
    for (let length = 0; length < bytes.length; length += step)
      found.add(await outcome(name, bytes.subarray(0, length)));
    expect(found.has('opened')).toBe(mayOpen);
    expect(await outcome(name, bytes)).toBe('opened');
  });
});

test.each(['lists.parquet', 'hub/data/test-00000-of-00001.parquet', 'zstd.parquet', 'pets.zip', 'pets.tar.gz'])(
  'single bytes of %s damaged',
  async (name) => {
    const bytes = readFileSync(join(fixtures, name));
    for (let i = 0; i < 120; i++) {
      const damaged = Buffer.from(bytes);
      damaged[(i * 7919) % bytes.length]! ^= 1 + (i % 255);
      await outcome(name, damaged);
    }
  },
);

describe('Parquet that claims more than it holds', () => {
  const columnData = [
    { name: 'x', data: new Float64Array(100), type: 'DOUBLE' as const },
    { name: 'y', data: new Int32Array(100), type: 'INT32' as const },
  ];

  test('a group of rows larger than the memory limit is refused before it is read', async () => {
    const spec = join(folder, 'large.parquet');
    writeFileSync(spec, new Uint8Array(parquetWriteBuffer({ columnData })));
    expect(await inputErrorOf(() => openDataset(spec, { memoryLimit: 1500 }))).toMatch(
      /a group of 100 rows takes .*, more than is read at once; save it in smaller groups: df\.to_parquet/,
    );
  });

  test('text that begins as the text before it does', async () => {
    const table = (beginning: string, rows: number): string => {
      const spec = join(folder, `${rows}.parquet`);
      const notes = Array.from({ length: rows }, (_, i) => `${beginning} ${i}`);
      const columnData = [
        { name: 'x', data: Array.from({ length: rows }, (_, i) => i / 2), type: 'DOUBLE' as const },
        { name: 'note', data: notes, type: 'STRING' as const, encoding: 'DELTA_BYTE_ARRAY' as const },
        { name: 'y', data: notes.map((_, i) => i % 2), type: 'INT32' as const },
      ];
      writeFileSync(spec, new Uint8Array(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED', pageSize: 2 ** 30 })));
      return spec;
    };
    const small = await openDataset(table('flower', 40));
    expect(small.origin(3).notes).toEqual({ note: 'flower 3' });
    // Some 40 KB that would be 10 MB.
    const large = table('x'.repeat(10_000), 1000);
    expect(statSync(large).size).toBeLessThan(100_000);
    expect(await inputErrorOf(() => openDataset(large, { memoryLimit: 2 ** 22 }))).toMatch(
      /1000\.parquet: text is encoded as DELTA_BYTE_ARRAY, .*; save it with another encoding/,
    );
  });

  test('headers of pages', () => {
    // A data page: type 0, unpacked size, packed size, and a structure with its number of values; numbers are zigzag.
    const page = (unpacked: number[], packed: number, values: number[]): Uint8Array =>
      Uint8Array.from([
        0x15,
        0,
        0x15,
        ...unpacked,
        0x15,
        packed * 2,
        0x2c,
        0x15,
        ...values,
        0,
        0,
        ...new Uint8Array(packed),
        0,
      ]);
    const limits = { codec: 'SNAPPY', values: 4, bytes: 1000 };
    expect(() => checkPages(page([8], 4, [8]), limits)).not.toThrow();
    expect(() => checkPages(page([8], 4, [9 * 2]), limits)).toThrow('claims more values than there are rows');
    expect(() => checkPages(page([0xfe, 0xff, 0xff, 0xff, 0x0f], 4, [8]), limits)).toThrow('claims an impossible size');
    expect(() => checkPages(page([0xd0, 0x0f], 4, [8]), limits)).toThrow('claims an impossible size');
    expect(() => checkPages(page([8], 4, [6]), limits)).toThrow('pages are missing');
    expect(() => checkPages(page([8], 4, [8]).subarray(0, 12), limits)).toThrow('a page is cut short');
    expect(() => checkPages(Uint8Array.from(new Array(40).fill(0x1c)), limits)).toThrow('damaged header');
  });
});
