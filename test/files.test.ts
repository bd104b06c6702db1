/** Files and folders: what is made, and what is refused at once instead of read or tried for ever. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkOutput, readBytes } from '../src/files.js';
import { makeFolder } from '../src/storage/disk/store.js';
import { temporaryFolder } from './helpers/data-files.js';

const folder = temporaryFolder();

test('folders are made with those above them, and making one again does no harm', async () => {
  const deep = join(folder, 'a', 'b', 'c');
  await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(deep, 'd'))]);
  expect(statSync(join(deep, 'd')).isDirectory()).toBe(true);
});

test('a folder below a file, or where the system makes none, is refused', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(checkOutput(join(folder, 'file', 'x'), false)).rejects.toThrow(/a part of the path is a file/);
  await expect(checkOutput(join(folder, 'file'), false)).rejects.toThrow(/is a file, expected a folder/);
  if (process.platform !== 'linux') return;
  await expect(makeFolder('/proc/nothing/here')).rejects.toThrow(/ENOENT/);
});

test('an output folder is checked, and not made', async () => {
  await checkOutput(join(folder, 'x', 'y'), false);
  expect(existsSync(join(folder, 'x'))).toBe(false);
  await expect(checkOutput(folder, false)).rejects.toThrow(
    /the folder is not empty; choose another `out` or give `force`$/,
  );
  await checkOutput(folder, true);
});

test('what may never end is not read', async () => {
  await expect(readBytes(folder)).rejects.toThrow(/is a folder, expected a file/);
  if (process.platform === 'win32') return;
  await expect(readBytes('/dev/zero')).rejects.toThrow(/^\/dev\/zero: is a device or a pipe/);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expect(readBytes(join(folder, 'pipe'))).rejects.toThrow(/is a device or a pipe/);
});
