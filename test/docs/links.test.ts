/** Links of the documentation: a broken one is told with file and line. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brokenLinks, brokenMentions } from '../../scripts/site/links.js';
import { renderPage } from '../../scripts/site/render.js';

/** Not written out, as this file is searched for pages that it names too. */
const PAGE = ['docs', 'a.md'].join('/');

const PAGES = {
  'README.md':
    `# Start\n\n[good](${PAGE}#what-is-this-x) and [bad](${PAGE}#what)\n\n` +
    '![none](none.png)\n[web](https://example.org/a)',
  [PAGE]:
    '# A\n\n## What is _this_ `x`?\n\n[up](../README.md#start) [own](#a)\n[outside](../../a.md)\n[old](http://example.org)\n\n[by name][r]\n\n[r]: b.md\n\n`[code](c.md)`',
};

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'links-'));
  const files = { ...PAGES, 'src/x.ts': `// ${PAGE}\n// see ${PAGE}#nowhere and other-docs/z.md` };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
});

afterAll(() => rmSync(root, { recursive: true }));

test('files, headings, images, and the form of addresses', () => {
  const pages = Object.keys(PAGES).map((file) => renderPage(root, file));
  expect(brokenLinks(root, pages)).toEqual([
    `README.md:3: ${PAGE}#what: there is no heading #what in ${PAGE}`,
    'README.md:5: none.png: there is no such file',
    `${PAGE}:6: ../../a.md: leads out of the repository`,
    `${PAGE}:7: http://example.org: expected an address that begins with https://`,
    `${PAGE}:11: b.md: there is no such file`,
  ]);
});

test('pages that comments name', () => {
  const pages = Object.keys(PAGES).map((file) => renderPage(root, file));
  expect(brokenMentions(root, pages, ['src', 'none'])).toEqual([
    `src/x.ts:2: ${PAGE}#nowhere: there is no heading #nowhere in ${PAGE}`,
  ]);
});
