import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openDataset } from '../../src/data/open-dataset.js';
import { inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
let files = 0;
const write = (text: string): string => {
  const name = `graphs-${files++}.txt`;
  return join(writeFiles(folder, { [name]: text }), name);
};

test('one matrix a graph: one-hot tags, symmetric adjacency, zero rows for padding', async () => {
  // Nine triangles of label 1, then a pair of nodes with label −1; tags 5 and 7; an attribute behind the neighbours.
  const triangle = '3 1\n5 2 1 2\n7 1 0 0.25\n5 0\n';
  const path = write(`10\n${triangle.repeat(9)}2 -1\n7 1 1\n7 1 0\n`);
  const train = await openDataset(path);
  const held = await openDataset(path, { split: 'test' });
  expect([train.elementType, train.kind, train.shape]).toEqual(['float32', 'vector', [3, 2 + 3]]);
  expect(train.classNames).toEqual(['-1', '1']);
  expect([train.length, held.length]).toEqual([9, 1]);
  const triangleMatrix = [
    [1, 0, 0, 1, 1],
    [0, 1, 1, 0, 0],
    [1, 0, 1, 0, 0],
  ];
  const pairMatrix = [
    [0, 1, 0, 1, 0],
    [0, 1, 1, 0, 0],
    [0, 0, 0, 0, 0],
  ];
  expect(Array.from(await held.examples([0]))).toEqual(triangleMatrix.flat());
  expect(Array.from(await train.examples([8, 0]))).toEqual([...pairMatrix.flat(), ...triangleMatrix.flat()]);
  expect([train.labels[8], train.labels[0]]).toEqual([0, 1]);
});

test.each([
  ['fewer graphs than said', '2\n1 0\n0 0\n', 'line 4: expected "nodes label"'],
  ['an impossible number of graphs', '4000000000\n1 0\n0 0\n', 'line 1: expected the number of graphs in this file'],
  ['an impossible number of nodes', '1\n900000000 0\n0 0\n', 'line 2: expected as many nodes as lines follow'],
  ['a neighbour that is not there', '1\n2 0\n0 1 2\n0 0\n', 'line 3: expected 1 neighbours from 0 to 1, found "0 1 2"'],
  ['a degree that is not kept', '1\n2 0\n0 3 1\n0 0\n', 'line 3: expected 3 neighbours'],
  ['words', '1\n2 0\n0 1 1\nzero one\n', 'line 4: expected "tag degree neighbours…", found "zero one"'],
])('%s', async (_, text, message) => {
  const path = write(text);
  expect(await inputErrorOf(() => openDataset(path))).toContain(`${path}, ${message}`);
});

test('graphs that do not fit in memory', async () => {
  const path = write(`10\n${'1 0\n0 0\n'.repeat(10)}`);
  expect(await inputErrorOf(() => openDataset(path, { memoryLimit: 79 }))).toContain(
    'takes 80 bytes as dense matrices',
  );
});
