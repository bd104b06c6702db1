/** Works are cited by the keys of the bibliography, which lists what is cited and nothing else. */
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BIBLIOGRAPHY = join('docs', 'bibliography.md');

/** Authors and year in brackets; a comment may break the line within. */
const CITED = /\[(\p{Lu}[\p{L}-]+(?: et al\.| & \p{Lu}[\p{L}-]+)? (?:\d{4}|n\.d\.))\]/gu;

/** Authors with a year, or `et al.`, that are no key. */
const LOOSE = /\p{Lu}[\p{L}-]+ (?:et al\.|& \p{Lu}[\p{L}-]+,? \(?\d{4})/gu;

/** The text of a file as it reads, without the margin of its comments and without breaks. */
const proseOf = (path: string) => readFileSync(path, 'utf8').replace(/\n[ \t]*(?:\*(?!\/)|\/\/)?[ \t]*/g, ' ');

const texts = ['src', 'docs']
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
  .filter((path) => /\.(?:ts|md)$/.test(path) && !/[\\/]gen[\\/]/.test(path) && path !== BIBLIOGRAPHY)
  .concat('README.md', 'ARCHITECTURE.md')
  .map((path) => ({ path, prose: proseOf(path) }));

const listed = Array.from(readFileSync(BIBLIOGRAPHY, 'utf8').matchAll(/^- \[([^\]]+)\] /gm), ([, key]) => key!);

test('each work is listed once, under a key that can be cited', () => {
  expect(listed.length).toBeGreaterThan(20);
  expect(new Set(listed).size).toBe(listed.length);
  expect(listed.filter((key) => !new RegExp(CITED, 'u').test(`[${key}]`))).toEqual([]);
});

test('what is cited is listed, and what is listed is cited', () => {
  const cited = texts.flatMap(({ prose }) => Array.from(prose.matchAll(CITED), ([, key]) => key!));
  expect([...new Set(cited)].sort()).toEqual([...listed].sort());
});

test('nothing is cited in another form', () => {
  const loose = texts.flatMap(({ path, prose }) =>
    Array.from(prose.replace(CITED, '').matchAll(LOOSE), ([words]) => `${path}: ${words}`),
  );
  expect(loose).toEqual([]);
});
