import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteReader } from '../../src/data/byte-reader.js';
import { readNpy } from '../../src/data/npy/decode.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { encodeNpy, encodeNpz, encodeZip, inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
let files = 0;
const write = (content: Uint8Array): string => {
  const name = `${files++}.npz`;
  return join(writeFiles(folder, { [name]: content }), name);
};
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/data/${name}`, import.meta.url));

/** Labels 0, 1, 2, 0, … */
const cyclic = (length: number): BigInt64Array => BigInt64Array.from({ length }, (_, i) => BigInt(i % 3));
const vectors = (length: number): Float32Array => Float32Array.from({ length: length * 2 }, (_, i) => i / 4);
const withTest = (x: [string, number[], ArrayBufferView], classes = 3): Uint8Array =>
  encodeNpz({
    x,
    y: ['<i8', [x[1][0]!], cyclic(x[1][0]!)],
    x_test: x,
    y_test: ['<i8', [x[1][0]!], cyclic(x[1][0]!)],
    ...(classes === 3 ? {} : { classes: ['|S1', [classes], Buffer.from('abcdefgh'.slice(0, classes))] }),
  });

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

describe('one array', () => {
  const numbers = {
    '|u1': Uint8Array,
    '|i1': Int8Array,
    '<u2': Uint16Array,
    '<i2': Int16Array,
    '<u4': Uint32Array,
    '<i4': Int32Array,
    '<u8': BigUint64Array,
    '<i8': BigInt64Array,
    '<f4': Float32Array,
    '<f8': Float64Array,
  };

  test('decode inverts encode for every type, order, byte order and header version, however the bytes arrive', async () => {
    const cases = fc.record({
      descr: fc.constantFrom(...(Object.keys(numbers) as (keyof typeof numbers)[])),
      shape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
      version: fc.constantFrom(1, 2, 3),
      fortran: fc.boolean(),
      bigEndian: fc.boolean(),
      piece: fc.integer({ min: 1, max: 90 }),
      seed: fc.nat(0xffff),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ descr, shape, version, fortran, bigEndian, piece, seed }) => {
        const count = shape.reduce((a, b) => a * b, 1);
        const type = numbers[descr];
        const width = type.BYTES_PER_ELEMENT;
        const rowMajor = new type(
          Uint8Array.from({ length: count * width }, (_, i) => (i * seed + 7 * i) % 120).buffer,
        );

        const stored = rowMajor.slice();
        if (fortran) {
          for (let at = 0; at < count; at++) {
            let rest = at;
            let columnMajor = 0;
            let stride = count;
            for (const dim of shape.toReversed()) {
              stride /= dim;
              columnMajor += (rest % dim) * stride;
              rest = Math.floor(rest / dim);
            }
            stored[columnMajor] = rowMajor[at]!;
          }
        }
        const bytes = new Uint8Array(stored.buffer);
        if (bigEndian) for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
        const file = encodeNpy(bigEndian ? descr.replace('<', '>') : descr, shape, bytes, { fortran, version });
        const array = await readNpy(new ByteReader(inPieces(file, piece)), file.length, 'here');
        expect(array.shape).toEqual(shape);
        expect(array.data).toEqual(rowMajor);
      }),
    );
  });

  test.each([
    ['objects', '|O', /^a\.npz, array x: holds Python objects, .*save text with astype\('str'\)/],
    ['long doubles', '<f16', /^a\.npz, array x: has elements of type '<f16', .*save it with astype/],
    ['dates', '<M8[ns]', /^a\.npz, array x: has elements of type '<M8\[ns\]', .*save it with astype/],
    ['records', "[('a', '<f4'), ('b', '<i8')]", /^a\.npz, array x: has elements of type .*save it with astype/],
  ])('%s are refused by name', async (_, descr, message) => {
    const file = encodeNpy(descr, [4], new Uint8Array(32));
    const read = () => readNpy(new ByteReader(inPieces(file, 64)), file.length, 'a.npz, array x');
    expect(await inputErrorOf(read)).toMatch(message);
  });

  test('half floats are widened', async () => {
    const file = encodeNpy('<f2', [4], Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7bff));
    const { data } = await readNpy(new ByteReader(inPieces(file, 64)), file.length, 'here');
    expect(data).toEqual(Float32Array.of(1, -2.5, 2 ** -24, 65504));
  });

  test('a shape that does not match the bytes is refused before anything is allocated', async () => {
    for (const shape of [[5], [2, 3], [2 ** 40], [2 ** 31, 2 ** 31, 2 ** 31], [3]]) {
      const file = encodeNpy('<f4', shape, new Float32Array(4));
      const read = () => readNpy(new ByteReader(inPieces(file, 64)), file.length, 'here');
      expect(await inputErrorOf(read)).toMatch(/^here: (says|has a damaged header)/);
    }
  });
});

describe('archives', () => {
  test('what NumPy writes, stored: images, names in Unicode', async () => {
    const data = await openDataset(fixture('images.npz'), { split: 'train' });
    const held = await openDataset(fixture('images.npz'), { split: 'test' });
    expect([data.elementType, data.kind, ...data.shape]).toEqual(['uint8', 'image', 1, 4, 5]);
    expect(data.classNames).toEqual(['cat', 'dög', '鳥']);
    // 24 examples of three classes in turn; sorted by class, positions 9 and 19 are examples 3·(9−8)+1 and 3·(19−16)+2.
    expect([data.length, held.length]).toEqual([22, 2]);
    const pixels = (example: number): number[] => Array.from({ length: 20 }, (_, i) => (example * 20 + i) % 251);
    expect(Array.from(await held.examples([0, 1]))).toEqual([...pixels(4), ...pixels(11)]);
    expect(Array.from(held.labels)).toEqual([1, 2]);
    expect(Array.from(await data.examples([3, 4, 21]))).toEqual([...pixels(3), ...pixels(5), ...pixels(23)]);
  });

  test('what NumPy writes, compressed: column-major big-endian doubles, a column of labels', async () => {
    const data = await openDataset(fixture('vectors.npz'));
    expect([data.length, data.elementType, data.kind, ...data.shape]).toEqual([24, 'float32', 'vector', 3]);
    expect(Array.from(data.all!)).toEqual(Array.from({ length: 72 }, (_, i) => i / 8));
    // Label 4 stands in the test split only, and both splits have the same classes.
    expect(data.classNames).toEqual(['0', '1', '2', '3', '4']);
    const held = await openDataset(fixture('vectors.npz'), { split: 'test' });
    expect(Array.from(held.labels)).toEqual([2, 1, 0, 4]);
    expect(Array.from(await held.examples([3]))).toEqual([9, 10, 11]);
    await expect(held.picture(0)).rejects.toThrow(TypeError);
  });

  test.each([
    ['Keras', ['x_train', 'y_train', 'x_test', 'y_test']],
    ['MedMNIST', ['train_images', 'train_labels', 'test_images', 'test_labels']],
  ])('the names of %s', async (_, [x, y, xTest, yTest]) => {
    const path = write(
      encodeNpz({
        [x!]: ['<f4', [4, 2], vectors(4)],
        [y!]: ['|u1', [4, 1], Uint8Array.of(0, 1, 2, 0)],
        [xTest!]: ['<f4', [2, 2], vectors(2).map((v) => -v)],
        [yTest!]: ['|u1', [2, 1], Uint8Array.of(2, 1)],
      }),
    );
    expect(Array.from((await openDataset(path)).labels)).toEqual([0, 1, 2, 0]);
    const held = await openDataset(path, { split: 'test' });
    expect([Array.from(held.labels), held.classNames]).toEqual([
      [2, 1],
      ['0', '1', '2'],
    ]);
    expect(Array.from(held.all!)).toEqual([-0, -0.25, -0.5, -0.75]);
  });

  test('interleaved channels become planes; floats in [0, 1] are shown scaled by 255', async () => {
    const interleaved = Float32Array.from({ length: 3 * 2 * 2 * 3 }, (_, i) => (i % 12) / 15);
    const data = await openDataset(write(withTest(['<f4', [3, 2, 2, 3], interleaved])));
    expect([data.kind, ...data.shape]).toEqual(['image', 3, 2, 2]);
    expect(Array.from(await data.examples([1]), (v) => Math.round(v * 15))).toEqual([
      0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11,
    ]);
    const picture = await data.picture(2);
    expect([picture.channels, ...picture.data]).toEqual([3, ...Array.from({ length: 12 }, (_, i) => i * 17)]);
  });

  test('floats outside [0, 1] are shown from their own minimum and maximum', async () => {
    const data = await openDataset(write(withTest(['<f4', [3, 1, 1, 3], Float32Array.of(-1, 0, 1, 5, 5, 5, 0, 2, 4)])));
    expect(Array.from((await data.picture(0)).data)).toEqual([0, 128, 255]);
    expect(Array.from((await data.picture(1)).data)).toEqual([0, 0, 0]);
  });

  test('without a test split every tenth example is held out, with a word to the user', async () => {
    const path = write(encodeNpz({ x: ['<f4', [30, 2], vectors(30)], y: ['<i8', [30], cyclic(30)] }));
    const notices: string[] = [];
    const train = await openDataset(path, { onNotice: (line) => notices.push(line) });
    const held = await openDataset(path, { split: 'test' });
    expect(notices).toEqual([expect.stringMatching(/has no test split of its own: .*\(train: 27 of 30 examples\)$/)]);
    expect(Array.from(held.labels)).toEqual([0, 1, 2]);
    expect(Array.from(held.all!)).toEqual([27, 28, 29].flatMap((i) => [i / 2, i / 2 + 0.25]));
    expect(Array.from(train.all!)).toEqual(Array.from(vectors(27)));
    expect(train.fingerprint).not.toBe(held.fingerprint);
  });
});

describe('what is refused, in one line with the file and the mend', () => {
  test('an archive cut off at any byte', async () => {
    const whole = withTest(['<f4', [3, 2], vectors(3)]);
    // The first four bytes make it an archive at all; before that it is no data set.
    for (let length = 0; length < whole.length; length += 3) {
      const path = write(whole.subarray(0, length));
      expect(await inputErrorOf(() => openDataset(path))).toContain(path);
    }
  });

  test('a flipped bit in an array is found by its checksum', async () => {
    const whole = Buffer.from(withTest(['<f4', [3, 2], vectors(3)]));
    const at = whole.indexOf(Buffer.from(Float32Array.of(0.25, 0.5).buffer));
    whole[at]! ^= 1;
    expect(await inputErrorOf(() => openDataset(write(whole)))).toMatch(
      /damaged archive \(x\.npy fails its checksum\)/,
    );
  });

  test('zip bombs: an entry larger than it says, and one that says more than it can be', async () => {
    const x = encodeNpy('<f4', [3, 2], vectors(3));
    const y = { content: encodeNpy('<i8', [3], cyclic(3)) };
    const bomb = Buffer.concat([x, Buffer.alloc(100_000_000)]);
    const before = process.memoryUsage().arrayBuffers;
    const grows = { 'x.npy': { content: bomb, deflate: true, claimedSize: x.length }, 'y.npy': y };
    expect(await inputErrorOf(() => openDataset(write(encodeZip(grows))))).toContain('is a damaged archive');
    const lies = { 'x.npy': { content: x, deflate: true, claimedSize: 0xfffffff0 }, 'y.npy': y };
    expect(await inputErrorOf(() => openDataset(write(encodeZip(lies))))).toContain('claims an impossible size');
    // The test's own bomb is the 100 MB that were there before; reading it adds no more than some chunks.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  test('an array above the memory limit', async () => {
    const path = write(withTest(['<f4', [3, 2], vectors(3)]));
    expect(await inputErrorOf(() => openDataset(path, { memoryLimit: 23 }))).toMatch(
      /array [xy].*memory limit of 23 bytes/,
    );
  });

  const y: [string, number[], ArrayBufferView] = ['<i8', [3], cyclic(3)];
  test.each([
    ['no y', { x: ['<f4', [3, 2], vectors(3)], z: y }, 'looked for the arrays x and y, or x_train'],
    ['no test', { x_train: ['<f4', [3, 2], vectors(3)], y_train: y }, 'has no test split; add the arrays x_test'],
    ['too few to hold out', { x: ['<f4', [3, 2], vectors(3)], y }, 'too few to hold out every 10th'],
    [
      'NaN',
      { x_test: ['<f4', [3, 2], Float32Array.of(1, 2, 3, NaN, 5, 6)], y_test: y },
      'example 1 holds NaN at position 1',
    ],
    ['infinity', { x_test: ['<f8', [3, 1], Float64Array.of(1, 2, -1 / 0)], y_test: y }, 'example 2 holds -Infinity'],
    ['float32 overflow', { x_test: ['<f8', [3, 1], Float64Array.of(1, 1e60, 2)], y_test: y }, 'example 1 holds 1e+60'],
    [
      'another number of labels',
      { x_test: ['<f4', [4, 2], vectors(4)], y_test: y },
      'holds 4 examples, but y_test holds 3',
    ],
    [
      'a negative label',
      { x_test: ['<f4', [2, 2], vectors(2)], y_test: ['|i1', [2], Int8Array.of(0, -1)] },
      'has the label -1',
    ],
    [
      'half a label',
      { x_test: ['<f4', [2, 2], vectors(2)], y_test: ['<f4', [2], Float32Array.of(0, 0.5)] },
      'has the label 0.5',
    ],
    [
      'a huge label',
      { x_test: ['<f4', [1, 2], vectors(1)], y_test: ['<u4', [1], Uint32Array.of(4e9)] },
      'has the label 4000000000',
    ],
    [
      'numbers as class names',
      { x_test: ['<f4', [3, 2], vectors(3)], y_test: y, classes: y },
      'array classes: expected the names',
    ],
    [
      'a label beyond the names',
      { x_test: ['<f4', [3, 2], vectors(3)], y_test: y, classes: ['|S1', [2], Buffer.from('ab')] },
      'from 0 to 1',
    ],
    ['a single number', { x_test: ['<f4', [], new Float32Array(1)], y_test: y }, 'expected numbers of shape'],
    [
      'no examples',
      { x_test: ['<f4', [0, 2], new Float32Array(0)], y_test: ['<i8', [0], new BigInt64Array(0)] },
      'at least one',
    ],
  ] as [string, Parameters<typeof encodeNpz>[0], string][])('%s', async (_, arrays, message) => {
    const path = write(encodeNpz(arrays));
    expect(await inputErrorOf(() => openDataset(path, { split: 'test' }))).toContain(message);
  });

  test('resizing what is no 8-bit image', async () => {
    const path = write(withTest(['<f4', [3, 2], vectors(3)]));
    expect(await inputErrorOf(() => openDataset(path, { channels: 3 }))).toContain('need 8-bit images');
  });
});
