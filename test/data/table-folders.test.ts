/** Folders of tables, and tables that name pictures. */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openDataset, type OpenOptions } from '../../src/data/open-dataset.js';
import { encodeImage, inputErrorOf, pixels, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
let count = 0;
type Files = Record<string, string | Uint8Array>;
const write = (files: Files): string => writeFiles(join(folder, `${count++}`), files);

async function open(files: Files, options: OpenOptions = {}, below = '') {
  const notices: string[] = [];
  const spec = join(write(files), below);
  const data = await openDataset(spec, { ...options, onNotice: (line) => notices.push(line.replaceAll(spec, 'data')) });
  const all = Array.from({ length: data.length }, (_, i) => i);
  return {
    data,
    notices,
    elements: Array.from(await data.examples(all)),
    labels: Array.from(data.labels),
    origins: all.map((i) => data.origin(i)),
  };
}

const rows = (...values: number[]): string => `a,y\n${values.map((value) => `${value},${value % 2}`).join('\n')}\n`;

describe('tables of splits', () => {
  test.each([
    ['CSV', { 'train.csv': rows(1, 2), 'test.csv': rows(3) }, 'train.csv', 'test.csv'],
    ['the order of columns differs', { 'train.csv': rows(1, 2), 'test.csv': 'y,a\n1,3\n' }, 'train.csv', 'test.csv'],
    ['validation where there is no test', { 'Train.csv': rows(1, 2), 'valid.csv': rows(3) }, 'Train.csv', 'valid.csv'],
    ['names around the split', { 'x_train.csv': rows(1, 2), 'x_test.csv': rows(3) }, 'x_train.csv', 'x_test.csv'],
    [
      'two formats',
      { 'train.jsonl': '{"a":1,"y":1}\n{"a":2,"y":0}', 'dev.tsv': 'a\ty\n3\t1\n' },
      'train.jsonl',
      'dev.tsv',
    ],
    [
      'below data/',
      { 'data/train.csv': rows(1, 2), 'data/test.csv': rows(3), 'README.md': 'x' },
      'data/train.csv',
      'data/test.csv',
    ],
  ])('%s', async (_, files, trainFile, testFile) => {
    const train = await open(files);
    const held = await open(files, { split: 'test' });
    expect([train.elements, train.labels, train.origins]).toEqual([
      [1, 2],
      [1, 0],
      [
        { file: trainFile, row: 0 },
        { file: trainFile, row: 1 },
      ],
    ]);
    expect([held.elements, held.labels, held.origins, held.notices]).toEqual([
      [3],
      [1],
      [{ file: testFile, row: 0 }],
      [],
    ]);
  });

  test('parts of a split, one after another', async () => {
    const files = {
      'train-00000-of-00002.csv': rows(1, 2),
      'train-00001-of-00002.csv': rows(3),
      'test-00000-of-00001.csv': rows(4),
      'validation-00000-of-00001.csv': rows(5),
    };
    const { elements, origins, notices } = await open(files);
    expect([elements, origins[2]]).toEqual([[1, 2, 3], { file: 'train-00001-of-00002.csv', row: 0 }]);
    expect(notices).toEqual(['data: left out the tables validation-00000-of-00001.csv']);
  });

  test('classes are numbered over both splits', async () => {
    const { data } = await open({ 'train.csv': 'a,y\n1,b\n', 'test.csv': 'a,y\n1,a\n' });
    expect([data.classNames, Array.from(data.labels)]).toEqual([['a', 'b'], [1]]);
  });

  test('one table has its split held out; its row is the one in the file', async () => {
    const { origins, notices } = await open({ 'flowers.csv': rows(...Array(20).keys()) }, { split: 'test' });
    expect(origins).toEqual([
      { file: 'flowers.csv', row: 18 },
      { file: 'flowers.csv', row: 19 },
    ]);
    expect(notices).toEqual([expect.stringContaining('every 10th example is held out')]);
  });

  test.each([
    [
      'several tables',
      { 'a.csv': rows(1), 'b.csv': rows(1) },
      {},
      'holds several tables (a.csv, b.csv), and their names say no split',
    ],
    [
      'no test',
      { 'train.csv': rows(1) },
      { split: 'test' as const },
      'has no test split; add it or choose the other split',
    ],
    ['a column less', { 'train.csv': rows(1), 'test.csv': 'y\n1\n' }, {}, 'test.csv: has no column "a", which'],
    [
      'a column more',
      { 'train.csv': rows(1), 'test.csv': 'a,b,y\n1,1,1\n' },
      {},
      'test.csv: has the column "b", which',
    ],
    [
      'a gap in the other split',
      { 'train.csv': rows(1), 'test.csv': 'a,y\n,1\n' },
      {},
      'test.csv: line 2, column a: holds nothing',
    ],
  ])('%s', async (_, files, options, message) => {
    expect(await inputErrorOf(() => openDataset(write(files as Files), options))).toContain(message);
  });

  test('beside class folders a table is none of the data', async () => {
    const image = await encodeImage('png', 1, 1, 1);
    const { data } = await open({ 'a/1.png': image, 'b/1.png': image, 'notes.csv': 'x,y\n1,2\n' });
    expect(data.kind).toBe('image');
  });
});

describe('pictures that a table names', () => {
  const image = (seed: number) => encodeImage('png', 2, 3, 1, seed);
  const stored = (...seeds: number[]): number[] => seeds.flatMap((seed) => Array.from(pixels(2, 3, 1, seed)));

  test('metadata.csv in train/ and test/, with notes', async () => {
    const files = {
      'train/metadata.csv': 'file_name,label,caption,year\nx/2.png,cat,"a, b",1999\n1.png,dog,,2000\n',
      'train/1.png': await image(1),
      'train/x/2.png': await image(2),
      'train/x/extra.png': await image(3),
      'test/metadata.csv': 'file_name,label,caption,year\n1.png,emu,c,2001\n',
      'test/1.png': await image(4),
    };
    const train = await open(files);
    expect([train.elements, train.labels, train.data.classNames, train.data.shape]).toEqual([
      stored(2, 1),
      [0, 1],
      ['cat', 'dog', 'emu'],
      [1, 2, 3],
    ]);
    expect(train.origins.map(({ file, row }) => [file, row])).toEqual([
      ['train/x/2.png', undefined],
      ['train/1.png', undefined],
    ]);
    expect([0, 1].map((i) => train.data.origin(i).notes)).toEqual([
      { caption: 'a, b', year: '1999' },
      { caption: '', year: '2000' },
    ]);
    expect(train.notices).toContain('data: left out 1 picture that the table does not name (train/x/extra.png)');
    const held = await open(files, { split: 'test' });
    expect([held.elements, held.labels]).toEqual([stored(4), [2]]);
    expect(held.origins.map(({ file }) => file)).toEqual(['test/1.png']);
  });

  test('metadata.jsonl above train/ and test/: folders say the split', async () => {
    const lines = [
      { file_name: 'train/1.png', label: 1 },
      { file_name: 'test/1.png', label: 0 },
      { file_name: 'train/2.png', label: 0 },
    ];
    const files = {
      'metadata.jsonl': lines.map((line) => JSON.stringify(line)).join('\n'),
      'train/1.png': await image(1),
      'train/2.png': await image(2),
      'test/1.png': await image(3),
    };
    expect((await open(files)).elements).toEqual(stored(1, 2));
    expect((await open(files, { split: 'test' })).origins).toEqual([{ file: 'test/1.png' }]);
  });

  test.each(['file_name', 'filename', 'path', 'image'])(
    'labels.csv with a column %s, as a folder or a file',
    async (name) => {
      const files: Files = {};
      for (let i = 0; i < 10; i++) files[`images/${i}.png`] = await image(i);
      files['labels.csv'] = `${name},label\n${Array.from({ length: 10 }, (_, i) => `images/${i}.png,0`).join('\n')}\n`;
      for (const below of ['', 'labels.csv']) {
        const { elements, origins } = await open(files, { split: 'test' }, below);
        expect([elements, origins]).toEqual([stored(9), [{ file: 'images/9.png' }]]);
      }
    },
  );

  test.each([
    [
      'climb out',
      '../0.png',
      'line 3, column file_name: "../0.png" leads out of the folder; name files below the folder of the table',
    ],
    ['are absolute', '/etc/0.png', 'line 3, column file_name: "/etc/0.png" leads out'],
    ['climb out as on Windows', 'a\\..\\..\\0.png', 'leads out of the folder'],
    ['are missing', 'none.png', 'none.png: no such file or folder'],
    ['are not there', '', 'names no file; add it or take the row out'],
    ['are there twice', '1.png', 'line 3, column file_name: "1.png" is named twice'],
  ])('names that %s are refused', async (_, name, message) => {
    const spec = write({
      'train/metadata.csv': `file_name,label\n1.png,0\n${name},1\n`,
      'train/1.png': await image(1),
    });
    expect(await inputErrorOf(() => openDataset(spec))).toContain(message);
  });
});
