import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { givenNames, readClassNames } from '../../src/data/class-names.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();

/** Reads names out of a file with this content. */
function read(name: string, content: string): Promise<string[]> {
  writeFiles(folder, { [name]: content });
  return readClassNames(join(folder, name));
}

describe('names of classes', () => {
  test.each([
    ['lines.txt', 'cat\r\ndog \n\n'],
    ['list.json', '["cat", "dog"]'],
    ['numbered.json', '{"1": "dog", "0": "cat"}'],
  ])('%s', async (name, content) => {
    expect(await read(name, content)).toEqual(['cat', 'dog']);
  });

  test.each([
    ['empty.txt', '\n', /empty\.txt: is empty; list the class names, one a line/],
    ['cut.json', '["cat", ', /cut\.json: is no JSON .*; give \["cat", "dog"\], or/],
    ['numbers.json', '[1, 2]', /numbers\.json: has no name for class 0;/],
    ['gap.json', '{"0": "cat", "2": "dog"}', /gap\.json: has no name for class 1;/],
    ['other.json', '{"cat": 0}', /other\.json: lists no names of classes;/],
    ['deep.json', '{"__proto__": "x"}', /deep\.json: lists no names of classes;/],
  ])('not %s', async (name, content, message) => {
    expect(await inputErrorOf(() => read(name, content))).toMatch(message);
  });

  test('a file that is not there', async () => {
    expect(await inputErrorOf(() => readClassNames(join(folder, 'none.txt')))).toMatch(/none\.txt: no such file/);
  });

  test('control characters are made visible', () => {
    expect(givenNames(['\x1b[2J'], 1, 'x')).toEqual(['\\u{1b}[2J']);
  });
});

test('they are those of a data set, which may have fewer classes, not more', async () => {
  const open = (classNames: string[]) => openDataset('fashion-mnist-sample', { classNames });
  const names = Array.from({ length: 11 }, (_, i) => `name ${i}`);
  expect((await open(names)).classNames).toEqual(names);
  expect(await inputErrorOf(() => open(names.slice(0, 3)))).toBe(
    '`classNames`: 3 names for the 10 classes of fashion-mnist-sample; name every class, in the order of their numbers',
  );
});
