/** `force` replaces results of ours, and nothing else that bears their names. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { openResultFolder } from '../../src/results/result-folder.js';
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
  await openResultFolder(filled(files), { force: true });
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
  await expect(openResultFolder(filled(files), { force: true })).rejects.toThrow(message);
});

test('not over what is read', async () => {
  const out = filled({ 'result.json': result, 'query-0/input.png': 'x', 'data/x.npz': 'x' });
  await expect(openResultFolder(out, { force: true, reads: [join(out, 'query-0/input.png')] })).rejects.toThrow(
    /input\.png: is read/,
  );
  await expect(openResultFolder(out, { force: true, reads: [`${join(out, 'query-0/input.png')}@3`] })).rejects.toThrow(
    /is read/,
  );
  await openResultFolder(out, { force: true, reads: [join(out, 'data/x.npz@3'), join(folder, 'nowhere'), undefined] });
});

test('not at all without `force`', async () => {
  const out = join(folder, 'plain');
  mkdirSync(out);
  writeFileSync(join(out, 'result.json'), result);
  await expect(openResultFolder(out, { force: false })).rejects.toThrow(/the folder is not empty/);
});

/** Writes these files as a result, over what is in the folder. */
async function wrote(out: string, files: Record<string, string>, force = false) {
  const folder = await openResultFolder(out, { force });
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  await folder.finish();
}

const names = async (out: string) =>
  (await readdir(out, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(out, join(entry.parentPath, entry.name)))
    .sort();

test('what we wrote is written again, and what the new result lacks goes', async () => {
  const out = join(folder, 'again');
  await wrote(out, { 'result.json': result, 'query-0/map.png': 'a', 'query-1/map.png': 'b', 'index.html': 'one' });
  writeFileSync(join(out, '.DS_Store'), 'left by a file manager');
  await wrote(out, { 'result.json': result, 'query-0/map.png': 'c', 'index.html': 'two' });
  expect(await names(out)).toEqual(['.DS_Store', 'index.html', 'manifest.json', 'query-0/map.png', 'result.json']);
  expect(readFileSync(join(out, 'index.html'), 'utf8')).toBe('two');
  expect(existsSync(join(out, 'query-1'))).toBe(false);
});

test.each<[string, (out: string) => void]>([
  ['a file of somebody’s', (out) => writeFileSync(join(out, 'notes.txt'), 'mine')],
  ['a result that was changed', (out) => writeFileSync(join(out, 'index.html'), 'with my remarks')],
  ['a link', (out) => symlinkSync('/etc/hostname', join(out, 'link'))],
  [
    'a manifest that speaks of other folders',
    (out) => {
      const path = join(out, 'manifest.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as { files: unknown[] };
      writeFileSync(join(out, '..', 'victim.txt'), 'x');
      const hash = createHash('sha256').update('x').digest('hex');
      manifest.files.push({ path: '../victim.txt', bytes: 1, sha256: hash });
      writeFileSync(path, JSON.stringify(manifest));
      writeFileSync(join(out, 'victim.txt'), 'x');
    },
  ],
])('a folder with %s is refused, and with `force` only ours goes', async (_, change) => {
  const out = join(folder, `changed-${count++}`);
  await wrote(out, { 'result.json': result, 'index.html': 'one', 'query-1/map.png': 'b' });
  change(out);
  const before = await names(out);
  await expect(wrote(out, { 'result.json': result })).rejects.toThrow(
    /holds more than an earlier result, or one that was changed/,
  );
  expect(await names(out)).toEqual(before);
  await wrote(out, { 'result.json': result }, true);
  const left = await names(out);
  expect(left).not.toContain('query-1/map.png');
  for (const name of ['notes.txt', 'link', 'victim.txt'])
    expect(existsSync(join(out, name))).toBe(before.includes(name));
  expect(left.includes('index.html')).toBe(readable(join(out, 'index.html')) === 'with my remarks');
  if (existsSync(join(folder, 'victim.txt'))) expect(readable(join(folder, 'victim.txt'))).toBe('x');
});

const readable = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
