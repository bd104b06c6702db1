/** What the arrays of an archive mean: pixels or numbers, orders of axes, labels. */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { OpenOptions } from '../../src/data/open-dataset.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { encodeNpz, inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

type Arrays = Parameters<typeof encodeNpz>[0];

const folder = temporaryFolder();
let files = 0;
const write = (arrays: Arrays): string => {
  const name = `${files++}.npz`;
  return join(writeFiles(folder, { [name]: encodeNpz(arrays) }), name);
};

async function open(arrays: Arrays, options: OpenOptions = {}) {
  const notices: string[] = [];
  const spec = write(arrays);
  const onNotice = (line: string): number => notices.push(line.replace(spec, 'file'));
  return { data: await openDataset(spec, { ...options, onNotice }), notices };
}

const y = ['|u1', [2], Uint8Array.of(0, 1)] as const;
const withTest = (x: Arrays[string]): Arrays => ({ x, y: [...y], x_test: x, y_test: [...y] });
const bits = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) % 2);
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 37 + 200) % 256);

describe('pixels and numbers', () => {
  const pixels = 'uint8';
  const fed = 'float32';
  test.each([
    ['booleans', '|b1', [2, 6], bits, fed, 'vector', [6], 0],
    ['boolean masks', '|b1', [2, 2, 3], bits, fed, 'image', [1, 2, 3], 0],
    ['bytes', '|u1', [2, 6], bytes, fed, 'vector', [6], 1],
    ['bytes that are 0 or 1', '|u1', [2, 6], bits, fed, 'vector', [6], 0],
    ['signed bytes', '|i1', [2, 6], bytes, fed, 'vector', [6], 0],
    ['signed bytes in a matrix', '|i1', [2, 2, 3], bytes, fed, 'vector', [2, 3], 0],
    ['a series of bytes', '|u1', [2, 6, 5, 7], bytes, fed, 'vector', [6, 5, 7], 1],
    ['grey pictures', '|u1', [2, 2, 3], bytes, pixels, 'image', [1, 2, 3], 0],
    ['black and white in bytes', '|u1', [2, 2, 3], bits, pixels, 'image', [1, 2, 3], 1],
    ['channels first', '|u1', [2, 3, 4, 5], bytes, pixels, 'image', [3, 4, 5], 0],
    ['channels last', '|u1', [2, 4, 5, 3], bytes, pixels, 'image', [3, 4, 5], 0],
    ['four channels first', '|u1', [2, 4, 5, 6], bytes, pixels, 'vector', [4, 5, 6], 0],
    ['four channels last', '|u1', [2, 5, 6, 4], bytes, pixels, 'vector', [4, 5, 6], 0],
    ['three channels first or last', '|u1', [2, 3, 4, 3], bytes, pixels, 'image', [3, 4, 3], 1],
  ] as const)('%s', async (_, descr, shape, make, elementType, kind, held, remarks) => {
    const elements = make(shape.reduce<number>((a, b) => a * b, 1));
    const { data, notices } = await open(withTest([descr, [...shape], elements]));
    expect([data.elementType, data.kind, ...data.shape]).toEqual([elementType, kind, ...held]);
    expect(notices).toHaveLength(remarks);
    const stored = descr === '|i1' ? new Int8Array(elements.buffer) : elements;
    if (data.channelsLast) return;
    expect(Array.from(await data.examples([0, 1]))).toEqual(Array.from(stored));
  });

  test('what was decided is said, with what changes it', async () => {
    const features = withTest(['|u1', [2, 6], bytes(12)]);
    const { data, notices } = await open(features);
    expect(notices).toEqual([
      'file: examples of 6 bytes are not pictures, so they are fed as numbers from 0 to 255; ' +
        'give `mean` 0 and `std` 1 to feed them as pixels, divided by 255',
    ]);
    const asPixels = await open(features, { mean: [0], std: [1] });
    expect([asPixels.data.elementType, ...asPixels.notices]).toEqual(['uint8']);
    expect(asPixels.data.fingerprint).not.toBe(data.fingerprint);
    const lazy = await open(features, { onDemand: true });
    expect(lazy.data.fingerprint).toBe(data.fingerprint);
    expect(Array.from(await lazy.data.examples([1]))).toEqual(Array.from(bytes(12).subarray(6)));
    const masks = await open(withTest(['|u1', [2, 2, 2], bits(8)]));
    expect(masks.notices).toEqual([expect.stringMatching(/0 or 1, .*; give `mean` 0 and `std` 1\/255 to feed/)]);
  });

  test('half floats are numbers', async () => {
    const { data } = await open(withTest(['<f2', [2, 2], Uint16Array.of(0x3c00, 0, 0xbc00, 0x3555)]));
    expect(Array.from(await data.examples([0, 1]))).toEqual([1, 0, -1, 1365 / 4096]);
  });

  test('pictures stored with their channels last say so, whatever their type', async () => {
    for (const [descr, make] of [
      ['|u1', bytes],
      ['<f4', (n: number) => Float32Array.from(bytes(n))],
    ] as const) {
      const first = await open(withTest([descr, [2, 3, 4, 5], make(120)]));
      const last = await open(withTest([descr, [2, 4, 5, 3], make(120)]));
      expect([first.data.channelsLast, last.data.channelsLast]).toEqual([undefined, true]);
      const resized =
        descr === '|u1'
          ? await open(withTest([descr, [2, 4, 5, 3], make(120)]), { resize: { width: 2, height: 2 } })
          : last;
      expect(resized.data.channelsLast).toBe(true);
    }
  });
});

describe('labels', () => {
  const x = (n: number): Arrays[string] => ['<f4', [n, 2], new Float32Array(2 * n)];
  /** UTF-32, as NumPy stores text. */
  const text = (...names: string[]): Arrays[string] => {
    const width = Math.max(...names.map((name) => [...name].length));
    const units = new Uint32Array(width * names.length);
    names.forEach((name, i) => [...name].forEach((c, j) => (units[i * width + j] = c.codePointAt(0)!)));
    return [`<U${width}`, [names.length], units];
  };
  const labelled = (labels: Arrays[string], held: Arrays[string], more: Arrays = {}): Arrays => {
    return { x: x(labels[1][0]!), y: labels, x_test: x(held[1][0]!), y_test: held, ...more };
  };

  test.each([
    ['<i2', Int16Array.of(2, 0, 1)],
    ['>u4', Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1)],
    ['<u8', BigUint64Array.of(2n, 0n, 1n)],
    ['|i1', Int8Array.of(2, 0, 1)],
    ['<f2', Uint16Array.of(0x4000, 0, 0x3c00)],
    ['<f8', Float64Array.of(2, 0, 1)],
  ])('whole numbers stored as %s', async (descr, values) => {
    for (const shape of [[3], [3, 1]]) {
      const { data, notices } = await open(labelled([descr, shape, values], [descr, shape, values]));
      expect([Array.from(data.labels), data.classNames]).toEqual([
        [2, 0, 1],
        ['0', '1', '2'],
      ]);
      expect(notices).toEqual([]);
    }
  });

  test('booleans are two classes', async () => {
    const labels: Arrays[string] = ['|b1', [3], Uint8Array.of(1, 0, 1)];
    const { data } = await open(labelled(labels, labels));
    expect([Array.from(data.labels), data.classNames]).toEqual([
      [1, 0, 1],
      ['0', '1'],
    ]);
  });

  test.each([
    ['|b1', (rows: number[]) => Uint8Array.from(rows)],
    ['<f8', (rows: number[]) => Float64Array.from(rows)],
    ['<i8', (rows: number[]) => BigInt64Array.from(rows, BigInt)],
  ] as const)('one-hot rows of %s', async (descr, make) => {
    const rows: Arrays[string] = [descr, [3, 4], make([0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0])];
    const { data, notices } = await open(labelled(rows, ['|u1', [2], Uint8Array.of(1, 1)]));
    expect([Array.from(data.labels), data.classNames]).toEqual([
      [1, 0, 2],
      ['0', '1', '2', '3'],
    ]);
    expect(notices).toEqual(['file, array y: one-hot rows are read as the numbers of 4 classes']);
  });

  test('names, in the order of code points over both splits', async () => {
    const { data, notices } = await open(labelled(text('fox', '\u{1f600}', 'ant', 'fox'), text('\ufb01', 'Zoo')));
    expect(data.classNames).toEqual(['Zoo', 'ant', 'fox', '\ufb01', '\u{1f600}']);
    expect(Array.from(data.labels)).toEqual([2, 4, 1, 2]);
    expect(notices).toEqual([
      expect.stringContaining('numbered in the order of code points (Zoo, ant, fox and 2 more)'),
    ]);
    const bytesOf: Arrays[string] = ['|S3', [3], Buffer.from('foxantfox')];
    const stored = await open(labelled(bytesOf, bytesOf));
    expect([Array.from(stored.data.labels), stored.data.classNames]).toEqual([
      [1, 0, 1],
      ['ant', 'fox'],
    ]);
    const listed = await open(labelled(bytesOf, bytesOf, { classes: text('fox', 'ant', 'cat') }));
    expect([Array.from(listed.data.labels), listed.data.classNames]).toEqual([
      [0, 1, 0],
      ['fox', 'ant', 'cat'],
    ]);
  });

  const numbers: Arrays[string] = ['|u1', [2], Uint8Array.of(0, 1)];
  test.each([
    ['two ones in a row', labelled(['|u1', [2, 2], Uint8Array.of(1, 0, 1, 1)], numbers), 'row 1 is not one-hot'],
    ['a row of zeros', labelled(['|u1', [2, 2], Uint8Array.of(0, 0, 1, 0)], numbers), 'row 0 is not one-hot'],
    ['probabilities', labelled(['<f4', [2, 2], Float32Array.of(0.2, 0.8, 1, 0)], numbers), 'y.argmax(1)'],
    [
      'a label that is no class',
      labelled(text('a', 'b'), text('a'), { classes: text('a', 'c') }),
      'label "b", which is not',
    ],
    ['names here, numbers there', labelled(text('a', 'b'), numbers), 'array y_test: holds numbers, but the labels of'],
    ['text in columns', labelled(['<U1', [1, 2], Uint32Array.of(97, 98)], numbers), 'text of shape 1×2, expected'],
    [
      'one-hot rows of other classes',
      labelled(['|u1', [2, 2], Uint8Array.of(0, 1, 1, 0)], numbers, { classes: text('a', 'b', 'c') }),
      'one-hot rows have 2 classes, but the list of classes 3',
    ],
  ])('%s are refused', async (_, arrays, message) => {
    expect(await inputErrorOf(() => openDataset(write(arrays)))).toContain(message);
  });

  test('arrays that nothing reads are told', async () => {
    const { notices } = await open({ ...withTest(['<f4', [2, 2], new Float32Array(4)]), x_val: x(1), meta: x(1) });
    expect(notices).toEqual(['file: left out the arrays x_val, meta']);
  });
});
