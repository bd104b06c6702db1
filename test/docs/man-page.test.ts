/** The manual page that the build writes: every command and option of it, in roff that nobody warns of. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { optionNames } from '../../src/cli/option-names.js';
import { COMMAND_NAMES } from '../../src/cli/commands/registry.js';

const PAGE = 'dist/onnx-explain.1';
const page = readFileSync(PAGE, 'utf8');

test('has a section for each command, and names each option', async () => {
  const sections = Array.from(page.matchAll(/^\.SS "([\w-]+)/gm), ([, name]) => name);
  expect(sections).toEqual(COMMAND_NAMES);
  const named = new Set(
    Array.from(page.matchAll(/^\\fB\\-\\-([\w\\-]+)\\fR/gm), ([, name]) => name!.replaceAll('\\', '')).concat(
      Array.from(page.matchAll(/^\\fI([\w\\-]+)\\fR$/gm), ([, name]) => name!.replaceAll('\\', '')),
    ),
  );
  expect((await optionNames()).filter((name) => !named.has(name))).toEqual([]);
});

test('is ASCII, and no line of text is taken for a request', () => {
  expect(page).toMatch(/^[\x20-\x7e\n]+$/);
  const requests = Array.from(page.matchAll(/^[.'](.?\w*)/gm), ([, name]) => name);
  const known = ['B', 'I', 'PP', 'RE', 'RS', 'SH', 'SS', 'TH', 'TP', 'fi', 'nf', 'sp'];
  expect(requests.filter((name) => !known.includes(name!))).toEqual([]);
});

const isThere = spawnSync('groff', ['--version']).status === 0;

(isThere ? test : test.skip)(isThere ? 'is formatted without a warning' : 'skipped: no groff', () => {
  const { stderr, stdout } = spawnSync('groff', ['-man', '-ww', '-Tutf8', PAGE], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toContain('User commands');
});
