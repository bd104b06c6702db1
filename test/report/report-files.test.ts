import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { svgDocument } from '../../src/plot/svg.js';
import { createReportFiles } from '../../src/report/report-files.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { writerAt } from '../helpers/folders.js';

const folder = temporaryFolder();
const plot = svgDocument({ width: 20, height: 10, label: 'plot' });

test('a plot beside the page is named as one', async () => {
  const files = createReportFiles();
  await files.plot('', 'verification', plot);
  const names: string[] = [];
  await files.write({ write: (name) => Promise.resolve(void names.push(name)) });
  expect(names).toEqual(['verification.svg', 'verification.png']);
});

test('nothing is written until all is made', async () => {
  const out = join(folder, 'out');
  const files = createReportFiles();
  await files.plot('query-0', 'ridge', plot);
  await files.plot('query-0', 'panel', undefined);
  files.page('<html></html>');
  await expect(files.plot('', 'broken', '<svg width="1" height="1">')).rejects.toThrow();
  expect(existsSync(out)).toBe(false);
  await files.write(writerAt(out));
  expect((await readdir(out)).sort()).toEqual(['index.html', 'query-0']);
  expect((await readdir(join(out, 'query-0'))).sort()).toEqual(['ridge.png', 'ridge.svg']);
});
