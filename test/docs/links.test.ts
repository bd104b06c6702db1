/** Links of the documentation: a broken one is told with file and line. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brokenLinks, brokenMentions } from '../../scripts/site/links.js';
import { renderPage } from '../../scripts/site/render.js';

const PAGES = {
  'README.md':
    '# Start\n\n[good](docs/a.md#what-is-this-x) and [bad](docs/a.md#what)\n\n![none](none.png)\n[web](https://example.org/a)',
  'docs/a.md':
    '# A\n\n## What is _this_ `x`?\n\n[up](../README.md#start) [own](#a)\n[outside](../../a.md)\n[old](http://example.org)\n\n[by name][r]\n\n[r]: b.md\n\n`[code](c.md)`',
};

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'links-'));
  const files = { ...PAGES, 'src/x.ts': '// docs/a.md\n// see docs/a.md#nowhere and other-docs/z.md' };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
});

afterAll(() => rmSync(root, { recursive: true }));

test('files, headings, images, and the form of addresses', () => {
  const pages = Object.keys(PAGES).map((file) => renderPage(root, file));
  expect(brokenLinks(root, pages)).toEqual([
    'README.md:3: docs/a.md#what: there is no heading #what in docs/a.md',
    'README.md:5: none.png: there is no such file',
    'docs/a.md:6: ../../a.md: leads out of the repository',
    'docs/a.md:7: http://example.org: expected an address that begins with https://',
    'docs/a.md:11: b.md: there is no such file',
  ]);
});

test('pages that comments name', () => {
  const pages = Object.keys(PAGES).map((file) => renderPage(root, file));
  expect(brokenMentions(root, pages, ['src', 'none'])).toEqual([
    'src/x.ts:2: docs/a.md#nowhere: there is no heading #nowhere in docs/a.md',
  ]);
});
