import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openDataset } from '../../src/data/open-dataset.js';
import { encodeIdx, inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
let folders = 0;
const write = (files: Record<string, string | Uint8Array>): string =>
  writeFiles(join(folder, String(folders++)), files);

const TRAIN_IMAGES = 'train-images-idx3-ubyte';
const TRAIN_LABELS = 'train-labels-idx1-ubyte';

const images = Uint8Array.from({ length: 4 * 6 }, (_, i) => i * 9);
const good = {
  [TRAIN_IMAGES]: encodeIdx([4, 2, 3], images),
  [TRAIN_LABELS]: encodeIdx([4], [1, 0, 2, 1]),
};

describe('what is read', () => {
  test('decode inverts encode, plain or gzipped, in memory or on demand', async () => {
    const shapes = fc.tuple(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
    );
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.boolean(),
        fc.boolean(),
        fc.nat(255),
        async ([n, height, width], gzip, onDemand, seed) => {
          const elements = Uint8Array.from({ length: n * height * width }, (_, i) => (i * 31 + seed) % 256);
          const labels = Uint8Array.from({ length: n }, (_, i) => (i + seed) % 5);
          const pack = gzip ? gzipSync : (bytes: Uint8Array) => bytes;
          const data = await openDataset(
            write({
              [TRAIN_IMAGES + (gzip ? '.gz' : '')]: pack(encodeIdx([n, height, width], elements)),
              [TRAIN_LABELS + (gzip ? '.gz' : '')]: pack(encodeIdx([n], labels)),
            }),
            { onDemand },
          );
          expect([data.length, ...data.shape]).toEqual([n, 1, height, width]);
          expect(Array.from(data.labels)).toEqual(Array.from(labels));
          const order = Array.from({ length: n }, (_, i) => n - 1 - i);
          const size = height * width;
          const expected = order.flatMap((i) => Array.from(elements.subarray(i * size, (i + 1) * size)));
          expect(Array.from(await data.examples(order))).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('a file above the memory limit is read on demand, with the same fingerprint and the same examples', async () => {
    const path = write(good);
    const notices: string[] = [];
    const whole = await openDataset(path);
    const onDemand = await openDataset(path, { memoryLimit: 10, onNotice: (line) => notices.push(line) });
    expect(whole.all).toEqual(images);
    expect(onDemand.all).toBeUndefined();
    expect(notices).toEqual([expect.stringMatching(/24 bytes are more than the memory limit of 10 bytes/)]);
    expect(onDemand.fingerprint).toBe(whole.fingerprint);
    expect(await onDemand.examples([3, 0, 3])).toEqual(await whole.examples([3, 0, 3]));
    expect(await onDemand.picture(2)).toEqual({ height: 2, width: 3, channels: 1, data: images.slice(12, 18) });
  });

  test('the fingerprint tells pixels, labels and shapes apart', async () => {
    const other = images.slice();
    other[7]! ^= 1;
    const variants = [
      good,
      { ...good, [TRAIN_IMAGES]: encodeIdx([4, 2, 3], other) },
      { ...good, [TRAIN_IMAGES]: encodeIdx([4, 3, 2], images) },
      { ...good, [TRAIN_LABELS]: encodeIdx([4], [1, 0, 2, 2]) },
    ];
    const fingerprints = await Promise.all(
      variants.map(async (files) => (await openDataset(write(files))).fingerprint),
    );
    expect(new Set(fingerprints).size).toBe(variants.length);
    for (const fingerprint of fingerprints) expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test('classes are named by a list beside the files, else numbered over both splits', async () => {
    const named = await openDataset(write({ ...good, 'classes.txt': 'hat\r\nbo\x1b[31mot\nscarf\n\n' }));
    expect(named.classNames).toEqual(['hat', 'bo\\u{1b}[31mot', 'scarf']);
    const numbered = await openDataset(write({ ...good, 't10k-labels-idx1-ubyte': encodeIdx([2], [0, 4]) }));
    expect(numbered.classNames).toEqual(['0', '1', '2', '3', '4']);
  });

  test('three channels, EMNIST-like names and either separator are understood', async () => {
    const path = write({
      'emnist-letters-test-images.idx4-ubyte': encodeIdx([2, 3, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
      'emnist-letters-test-labels.idx1-ubyte': encodeIdx([2], [0, 1]),
    });
    const data = await openDataset(path, { split: 'test' });
    expect(data.shape).toEqual([3, 1, 2]);
    expect(Array.from((await data.picture(0)).data)).toEqual([1, 3, 5, 2, 4, 6]);
  });
});

describe('what is refused, in one line with the file and the mend', () => {
  test('a file cut off at any byte, plain or gzipped', async () => {
    for (const name of [TRAIN_IMAGES, TRAIN_LABELS] as const) {
      for (const [ending, whole] of [
        ['', good[name]],
        ['.gz', gzipSync(good[name])],
      ] as const) {
        const other = name === TRAIN_IMAGES ? TRAIN_LABELS : TRAIN_IMAGES;
        for (let length = 0; length < whole.length; length++) {
          const path = write({ [other]: good[other], [name + ending]: whole.subarray(0, length) });
          expect(await inputErrorOf(() => openDataset(path))).toContain(name + ending);
        }
      }
    }
  });

  test('a header that claims more than the file can hold, before anything is allocated', async () => {
    const huge = encodeIdx([0xffffffff, 0xffffffff, 0xffffffff], images);
    const overflowing = encodeIdx([...new Array<number>(60).fill(0xffffffff), 0], images);
    for (const header of [huge, gzipSync(huge), overflowing, gzipSync(overflowing)]) {
      const path = write({ ...good, [TRAIN_IMAGES]: header });
      expect(await inputErrorOf(() => openDataset(path))).toMatch(/more than a file of \S+ \S+ can hold/);
    }
  });

  test('a gzip bomb stops at the size that the header allows', async () => {
    const bomb = gzipSync(Buffer.concat([good[TRAIN_IMAGES], Buffer.alloc(200_000_000)]), { level: 1 });
    const path = write({ [TRAIN_LABELS]: good[TRAIN_LABELS], [`${TRAIN_IMAGES}.gz`]: bomb });
    const before = process.memoryUsage().arrayBuffers;
    expect(await inputErrorOf(() => openDataset(path))).toContain('holds more bytes than its header says');
    // Two chunks of 256 KiB may be on their way; far below the 200 MB that the file unpacks to.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  test('a packed file above the memory limit', async () => {
    const path = write({ ...good, [TRAIN_IMAGES]: gzipSync(good[TRAIN_IMAGES]) });
    const message = await inputErrorOf(() => openDataset(path, { memoryLimit: 10 }));
    expect(message).toContain('more than the memory limit of 10 bytes; gunzip the file');
  });

  test.each([
    ['no IDX file', { ...good, [TRAIN_IMAGES]: Buffer.from('<html>not found</html>') }, 'is not an IDX file'],
    ['elements of another type', { ...good, [TRAIN_IMAGES]: encodeIdx([4, 2, 3], images, 0x0d) }, 'IDX type 0x0d'],
    ['more bytes than declared', { ...good, [TRAIN_IMAGES]: encodeIdx([3, 2, 3], images) }, 'holds more bytes'],
    ['another number of labels', { ...good, [TRAIN_LABELS]: encodeIdx([3], [0, 1, 2]) }, 'holds 4 images, but'],
    ['labels that are no list', { ...good, [TRAIN_LABELS]: encodeIdx([2, 2], [0, 1, 2, 1]) }, 'holds 2×2 numbers'],
    ['no images', { [TRAIN_IMAGES]: encodeIdx([0, 2, 3], []), [TRAIN_LABELS]: encodeIdx([0], []) }, 'holds no images'],
    ['a label outside the classes', { ...good, 'classes.txt': 'hat\nboot\n' }, 'example 2 has the label 2, expected'],
    ['an empty list of classes', { ...good, 'classes.txt': '\n\n' }, 'classes.txt: is empty'],
    [
      'no labels',
      { [TRAIN_IMAGES]: good[TRAIN_IMAGES] },
      `looked for train-labels-idx1-ubyte[.gz] and found ${TRAIN_IMAGES}`,
    ],
    ['two sets of images', { ...good, [`kmnist-${TRAIN_IMAGES}`]: good[TRAIN_IMAGES] }, 'more than one file'],
  ])('%s', async (_, files, message) => {
    expect(await inputErrorOf(() => openDataset(write(files)))).toContain(message);
  });

  test('the split that is not there', async () => {
    const message = await inputErrorOf(() => openDataset(write(good), { split: 'test' }));
    expect(message).toContain('has no test images, looked for t10k-images-idx3-ubyte[.gz] and found train-images');
  });

  test('an index outside the split is a RangeError', async () => {
    const data = await openDataset(write(good));
    for (const index of [4, -1, 0.5, NaN]) await expect(data.examples([0, index])).rejects.toThrow(RangeError);
    await expect(data.picture(4)).rejects.toThrow(RangeError);
  });
});
