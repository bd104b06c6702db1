/** `force` replaces results of ours, and nothing else that bears their names. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkResultFolder } from '../../src/results/result-folder.js';
import { temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
const result = '{"kind":"trace","schemaVersion":1,"tool":{"name":"onnx-explain","version":"0.1.0"}}';
let count = 0;
const filled = (files: Record<string, string>) => writeFiles(join(folder, String(count++)), files);

test.each([
  ['nothing', {}],
  ['files by other names', { 'notes.txt': '', 'photo.png': '' }],
  ['a result', { 'result.json': result, 'index.html': '', 'query-0/panel.svg': '' }],
])('into a folder with %s', async (_, files) => {
  await checkResultFolder(filled(files), true);
});

test.each([
  ['a page', { 'index.html': 'my site' }, /index\.html: would be replaced/],
  ['a result of another tool', { 'result.json': '{"kind":"mine"}' }, /result\.json: would be replaced/],
  [
    'a page and another kind of JSON',
    { 'index.html': '', 'result.json': '[]' },
    /would be replaced, but the folder holds no result/,
  ],
  ['arrays', { 'alpha.npy': 'x' }, /alpha\.npy: would be replaced/],
])('not into a folder with %s of somebody’s', async (_, files, message) => {
  await expect(checkResultFolder(filled(files), true)).rejects.toThrow(message);
});

test('not over what is read', async () => {
  const out = filled({ 'result.json': result, 'query-0/input.png': 'x', 'data/x.npz': 'x' });
  await expect(checkResultFolder(out, true, [join(out, 'query-0/input.png')])).rejects.toThrow(/input\.png: is read/);
  await expect(checkResultFolder(out, true, [`${join(out, 'query-0/input.png')}@3`])).rejects.toThrow(/is read/);
  await checkResultFolder(out, true, [join(out, 'data/x.npz@3'), join(folder, 'nowhere'), undefined]);
});

test('not at all without `force`', async () => {
  const out = join(folder, 'plain');
  mkdirSync(out);
  writeFileSync(join(out, 'result.json'), result);
  await expect(checkResultFolder(out, false)).rejects.toThrow(/the folder is not empty/);
});
