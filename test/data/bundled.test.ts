import { existsSync, mkdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { openDataset } from '../../src/data/open-dataset.js';
import type { Dataset } from '../../src/data/dataset.js';
import { temporaryFolder } from '../helpers/data-files.js';

const shared = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const folder = temporaryFolder();

const histogram = ({ labels, classNames }: Dataset): number[] =>
  classNames.map((_, label) => labels.filter((l) => l === label).length);

const NAMES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

test('the bundled sample: 500 and 100 images of each class', async () => {
  for (const [split, each] of [
    ['train', 500],
    ['test', 100],
  ] as const) {
    const data = await openDataset('fashion-mnist-sample', { split });
    expect([data.name, data.length, ...data.shape]).toEqual(['fashion-mnist-sample', 10 * each, 1, 28, 28]);
    expect(data.classNames).toEqual(NAMES);
    expect(histogram(data)).toEqual(new Array(10).fill(each));
  }
});

test('any 8-bit images can be resized and coloured', async () => {
  const data = await openDataset('fashion-mnist-sample', {
    split: 'test',
    onDemand: true,
    resize: { height: 14, width: 32 },
    channels: 3,
  });
  expect(data.shape).toEqual([3, 14, 32]);
  const { data: colours } = await data.picture(5);
  for (let p = 0; p < colours.length; p += 3)
    expect([colours[p + 1], colours[p + 2]]).toEqual([colours[p], colours[p]]);
  const original = await openDataset('fashion-mnist-sample', { split: 'test' });
  const mean = (bytes: Uint8Array): number => bytes.reduce((a, b) => a + b, 0) / bytes.length;
  // Resampling keeps the mean brightness but for edges and clipping: a few levels of 255.
  expect(Math.abs(mean(colours) - mean((await original.picture(5)).data))).toBeLessThan(5);
  expect(data.fingerprint).not.toBe(original.fingerprint);
});

/** Registers a test on shared data, or says that it is absent. */
function withShared(path: string, name: string, run: (path: string) => Promise<void>): void {
  test(name, async () => {
    if (existsSync(join(shared, path))) await run(join(shared, path));
    else console.log('skipped: no data');
  });
}

describe('published data sets', () => {
  withShared(
    'fashion-mnist',
    'Fashion-MNIST: counts, names without a list, and the sample is its beginning',
    async (path) => {
      const train = await openDataset(path);
      expect([train.length, train.all!.length]).toEqual([60_000, 60_000 * 784]);
      expect(histogram(train)).toEqual(new Array(10).fill(6000));
      expect(train.classNames).toEqual(NAMES);
      const held = await openDataset(path, { split: 'test' });
      expect(histogram(held)).toEqual(new Array(10).fill(1000));
      expect(held.classNames).toEqual(NAMES);

      const sample = await openDataset('fashion-mnist-sample');
      const taken = new Array<number>(10).fill(0);
      const firsts = Array.from(train.labels.keys()).filter((i) => taken[train.labels[i]!]!++ < 500);
      expect(sample.labels).toEqual(Int32Array.from(firsts, (i) => train.labels[i]!));
      // Compared as buffers: a deep comparison of four million elements would take seconds.
      expect(Buffer.compare((await train.examples(firsts)) as Uint8Array, sample.all as Uint8Array)).toBe(0);
    },
  );

  withShared('mnist', 'MNIST, of which only the test split is there', async (path) => {
    const data = await openDataset(path, { split: 'test' });
    const counts = histogram(data);
    expect([data.length, counts[0], counts[7]]).toEqual([10_000, 980, 1028]);
    expect(data.classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    await expect(openDataset(path)).rejects.toThrow('has no train images, looked for train-images-idx3-ubyte[.gz]');
  });

  withShared('graphs/MUTAG.txt', 'MUTAG: 188 graphs with up to 28 nodes of 9 kinds', async (path) => {
    const [train, held] = [await openDataset(path), await openDataset(path, { split: 'test' })];
    expect([train.length + held.length, train.shape]).toEqual([188, [28, 9 + 28]]);
    const counts = histogram(train).map((n, label) => n + histogram(held)[label]!);
    expect(counts.toSorted((a, b) => a - b)).toEqual([63, 125]);
    const all = [...train.all!, ...held.all!];
    expect(new Set(all)).toEqual(new Set([0, 1]));
  });

  withShared('cifar10/test.tar.gz', 'two classes of CIFAR-10 as image folders, decoded on demand', async (path) => {
    mkdirSync(join(folder, 'cifar'));
    execFileSync('tar', ['-xzf', path, '-C', join(folder, 'cifar'), 'test/cat', 'test/dog']);
    const data = await openDataset(join(folder, 'cifar'), { split: 'test', onDemand: true });
    expect([data.length, ...data.shape]).toEqual([2000, 3, 32, 32]);
    expect(histogram(data)).toEqual([1000, 1000]);
    expect(data.classNames).toEqual(['cat', 'dog']);
    const indices = Array.from({ length: 64 }, (_, i) => i * 31);
    const examples = await data.examples(indices);
    expect(examples).toEqual(await data.examples(indices));
    expect(new Set(examples).size).toBeGreaterThan(200);
  });
});
