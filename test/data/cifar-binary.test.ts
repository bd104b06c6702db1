import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openDataset } from '../../src/data/open-dataset.js';
import { inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
let folders = 0;
const write = (files: Record<string, string | Uint8Array>): string =>
  writeFiles(join(folder, String(folders++)), files);

/** A record: its label bytes, then 3,072 bytes that follow from the seed. */
const pixelsOf = (seed: number): Uint8Array => Uint8Array.from({ length: 3072 }, (_, i) => (i * 13 + seed * 29) % 256);
const record = (labels: number[], seed: number): Uint8Array => Uint8Array.of(...labels, ...pixelsOf(seed));

test('CIFAR-10: batches in the order of their numbers, names from the list', async () => {
  const path = write({
    'data_batch_10.bin': record([2], 10),
    'data_batch_2.bin': Buffer.concat([record([1], 2), record([0], 3)]),
    'test_batch.bin': record([1], 4),
    'batches.meta.txt': 'airplane\nautomobile\nbird\n',
  });
  const data = await openDataset(path);
  expect([data.shape, data.kind, data.classNames]).toEqual([[3, 32, 32], 'image', ['airplane', 'automobile', 'bird']]);
  expect(Array.from(data.labels)).toEqual([1, 0, 2]);
  expect(Array.from(await data.examples([2, 0]))).toEqual([...pixelsOf(10), ...pixelsOf(2)]);
  const held = await openDataset(path, { split: 'test' });
  expect([held.length, held.labels[0]]).toEqual([1, 1]);
});

test('CIFAR-100: the second label byte is the class', async () => {
  const path = write({ 'train.bin': Buffer.concat([record([19, 7], 0), record([3, 2], 1)]) });
  const data = await openDataset(path);
  expect(Array.from(data.labels)).toEqual([7, 2]);
  expect(data.all).toEqual(Uint8Array.of(...pixelsOf(0), ...pixelsOf(1)));
});

test('what is refused', async () => {
  const good = record([0], 0);
  const cut = write({ 'data_batch_1.bin': good.subarray(0, 3000) });
  expect(await inputErrorOf(() => openDataset(cut))).toContain('holds 3,000 bytes, expected a multiple of 3,073');
  const path = write({ 'data_batch_1.bin': good, 'batches.meta.txt': 'a\n' });
  expect(await inputErrorOf(() => openDataset(path, { split: 'test' }))).toContain(
    'looked for test_batch.bin and found',
  );
  expect(await inputErrorOf(() => openDataset(path, { memoryLimit: 3000 }))).toContain('memory limit of 2.93 KiB');
  const label = write({ 'data_batch_1.bin': record([1], 0), 'batches.meta.txt': 'a\n' });
  expect(await inputErrorOf(() => openDataset(label))).toContain('example 0 has the label 1, expected a class number');
});
