/** What is no picture can be read: rows of tables by the names of their columns, texts as texts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readInputs } from '../../../src/data/input.js';
import { openDataset } from '../../../src/data/open-dataset.js';
import { picturesFiles, readPictures } from '../../../src/report/page/pictures-folder.js';
import { makeSheets } from '../../../src/report/page/sheets.js';
import { picturesOf } from '../../../src/workflows/pictures-of.js';
import { readResult } from '../../../src/results/result-file.js';
import { encodeNpz, temporaryFolder, writeFiles } from '../../helpers/data-files.js';
import { runHere } from '../../helpers/in-process.js';
import { paperText, payloadOf } from '../../helpers/pages/page-text.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

/** A table whose last column decides. */
function writeTable(path: string, rows: number, columns: readonly string[]): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const values = columns.map((_, c) =>
      c === columns.length - 1 ? (i % 2 ? 1.234567 : -1.25) : ((i * (c + 3)) % 7) / 4,
    );
    return [...values, i % 2 ? 'yes' : 'no'].join(',');
  });
  return writeFiles(path, { 'table.csv': [[...columns, 'label'].join(','), ...lines, ''].join('\n') });
}

test('rows of a table stand in every page about them, and beside its result', async () => {
  writeTable(at('t'), 40, ['length <b>', 'weight']);
  const data = at('t/table.csv');
  const quietly = async (...words: string[]) =>
    expect({ words, code: (await runHere([...words, '--quiet'])).code }).toMatchObject({ code: 0 });
  await quietly('create', 'mlp', '--input-shape', '2', '--classes', '2', '--hidden', '4', '--out', at('m.onnx'));
  await quietly(
    'train',
    '--model',
    at('m.onnx'),
    '--data',
    data,
    '--epochs',
    '20',
    '--batch-size',
    '4',
    '--out',
    at('run'),
  );
  await quietly('trace', at('run'), '--input', `${data}@1`, '--input-split', 'train', '--out', at('why'));
  await quietly('audit', at('run'), '--out', at('audit'));
  const page = readFileSync(at('why/index.html'), 'utf8');
  const { columns, written } = payloadOf(page).parts[0]!;
  expect(columns).toEqual(['length <b>', 'weight']);
  expect(written!['input/0']).toEqual([0.75, 1.234567]);
  const { queries } = await readResult(at('why/result.json'), 'trace');
  const { index } = queries[0]!.layers.at(-1)!.examples[0]!;
  expect(written![`train/${index}`]).toHaveLength(2);
  const text = paperText(page);
  expect(text).toMatch(/length <b> 0\.75 weight 1\.234567/);
  expect(text).toMatch(/example where class γ−γ̄ γ steps length <b> weight/);
  expect(paperText(readFileSync(at('audit/index.html'), 'utf8'))).toMatch(/example where length <b> weight label/);
  // The page is made again from what lies beside its result.
  await quietly('report', at('why'), '--out', at('again'));
  expect(payloadOf(readFileSync(at('again/index.html'), 'utf8')).parts[0]!.written).toEqual(written);
});

test('texts are read as texts, cut where they are long, and as many as there is room for', async () => {
  const words = ['the', 'film', 'was', 'good', ''];
  const rows = 6;
  const tokens = new Uint32Array(rows * 5 * 8);
  for (let i = 0; i < rows; i++)
    words.forEach((word, w) => Array.from(word, (c, k) => (tokens[(i * 5 + w) * 8 + k] = c.codePointAt(0)!)));
  const npz = encodeNpz({
    x: ['<f4', [rows, 5], new Float32Array(rows * 5)],
    y: ['<i4', [rows], Int32Array.from({ length: rows }, (_, i) => i % 2)],
    tokens: ['<U8', [rows, 5], tokens],
  });
  const path = join(writeFiles(at('texts'), { 'texts.npz': npz }), 'texts.npz');
  const train = await openDataset(path);
  const source = picturesOf({ train }, await readInputs([`${path}@2`], { split: 'train' }));
  const wanted = [
    { of: 'input', index: 0 },
    { of: 'train', index: 5 },
  ] as const;
  const sheets = await makeSheets(source, wanted, 1e6);
  expect(sheets).toMatchObject({
    sheets: [],
    written: { 'input/0': 'the film was good', 'train/5': 'the film was good' },
  });
  const long = { ...source, written: () => Promise.resolve('x'.repeat(5000)) };
  const cut = await makeSheets(long, wanted, 1e6);
  expect(cut.written['input/0']).toHaveLength(1000);
  expect(cut.written['input/0']).toMatch(/x…$/);
  const narrow = await makeSheets(long, wanted, 500);
  expect([Object.keys(narrow.written), narrow.leftOut]).toEqual([['input/0'], 1]);
  mkdirSync(at('beside/pictures'), { recursive: true });
  for (const [name, content] of picturesFiles(sheets)) writeFileSync(join(at('beside'), name), content);
  expect(await readPictures(at('beside'))).toEqual({ ...sheets, columns: undefined });
});

test('tables of many columns, and of columns without names, are not written out', async () => {
  writeTable(
    at('wide'),
    4,
    Array.from({ length: 25 }, (_, i) => `c${i}`),
  );
  const train = await openDataset(at('wide/table.csv'));
  const { columns, written } = picturesOf({ train });
  expect([columns, await written!({ of: 'train', index: 0 })]).toEqual([undefined, undefined]);
});
