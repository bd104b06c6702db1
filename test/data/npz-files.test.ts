/** `.npz` files of unusual kinds: ZIP64, names of features, types that NumPy writes by default. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readInputs } from '../../src/data/input.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { encodeNpy, encodeNpz, encodeZip, inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const fixtures = fileURLToPath(new URL('../fixtures/data/tables/', import.meta.url));
const folder = temporaryFolder();

/** The same archive with sizes and offsets where ZIP64 has them, and the largest numbers where they stood. */
function asZip64(zip: Uint8Array): Uint8Array {
  const bytes = Buffer.from(zip);
  const end = bytes.indexOf('PK\x05\x06');
  const directory = bytes.readUInt32LE(end + 16);
  const entries: Buffer[] = [];
  for (let at = directory; at < end;) {
    const names = bytes.readUInt16LE(at + 28);
    const header = Buffer.from(bytes.subarray(at, at + 46 + names));
    const extra = Buffer.alloc(28);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    extra.writeBigUInt64LE(BigInt(header.readUInt32LE(24)), 4);
    extra.writeBigUInt64LE(BigInt(header.readUInt32LE(20)), 12);
    extra.writeBigUInt64LE(BigInt(header.readUInt32LE(42)), 20);
    for (const place of [20, 24, 42]) header.writeUInt32LE(0xffffffff, place);
    header.writeUInt16LE(extra.length, 30);
    entries.push(Buffer.concat([header, extra]));
    at += 46 + names;
  }
  const central = Buffer.concat(entries);
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(entries.length), 24);
  record.writeBigUInt64LE(BigInt(entries.length), 32);
  record.writeBigUInt64LE(BigInt(central.length), 40);
  record.writeBigUInt64LE(BigInt(directory), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(directory + central.length), 8);
  locator.writeUInt32LE(1, 16);
  const last = Buffer.from(bytes.subarray(end, end + 22));
  last.fill(0xff, 8, 20);
  return Buffer.concat([bytes.subarray(0, directory), central, record, locator, last]);
}

test('ZIP64 is read as ZIP is', async () => {
  const y = encodeNpy('|u1', [3], Uint8Array.of(0, 1, 1));
  const x = encodeNpy('<f4', [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
  const zip = encodeZip({
    'x.npy': { content: x, deflate: true },
    'y.npy': { content: y },
    'x_test.npy': { content: x },
    'y_test.npy': { content: y },
  });
  const at = writeFiles(folder, { 'small.npz': zip, 'large.npz': asZip64(zip) });
  const small = await openDataset(join(at, 'small.npz'));
  const large = await openDataset(join(at, 'large.npz'));
  expect(Array.from(await large.examples([1]))).toEqual([3, 4]);
  expect(large.fingerprint).toBe(small.fingerprint);
});

test('as Python writes them: ZIP64 headers, half floats, names for labels, names of features', async () => {
  const data = await openDataset(join(fixtures, 'zip64.npz'), { split: 'test' });
  expect([data.featureNames, data.classNames, Array.from(data.labels)]).toEqual([
    ['length', 'wïdth'],
    ['no', 'yes'],
    [0, 1],
  ]);
  const row = data.origin(1).row!;
  expect(Array.from(await data.examples([1]))).toEqual([row / 4, row / 2]);
  const booleans = await openDataset(join(fixtures, 'booleans.npz'));
  expect([booleans.classNames, Array.from(booleans.labels.subarray(0, 3))]).toEqual([
    ['0', '1'],
    [1, 0, 1],
  ]);
});

test('tokens stand beside examples of text; what does not fit is left out with a word', async () => {
  const tokens = (rows: number, positions: number): [string, number[], Uint32Array] => [
    '<U2',
    [rows, positions],
    // Row and place as letters: aa, ab, …, the last place empty.
    Uint32Array.from({ length: rows * positions * 2 }, (_, i) => {
      const [row, place] = [Math.floor(i / 2 / positions), Math.floor(i / 2) % positions];
      return place === positions - 1 ? 0 : 97 + (i % 2 === 0 ? row : place);
    }),
  ];
  const arrays = (given: Record<string, [string, number[], ArrayBufferView]>, count = 2): Uint8Array => {
    const y: [string, number[], Uint8Array] = ['|u1', [count], Uint8Array.from({ length: count }, (_, i) => i % 2)];
    const x: [string, number[], Float32Array] = ['<f4', [count, 3, 4], new Float32Array(count * 12)];
    return encodeNpz({ x, y, ...(count === 2 && { x_test: x, y_test: y }), ...given });
  };
  const notices: string[] = [];
  const open = (bytes: Uint8Array, split: 'train' | 'test' = 'train') =>
    openDataset(join(writeFiles(folder, { 't.npz': bytes }), 't.npz'), {
      split,
      onNotice: (line) => notices.push(line),
    });
  const both = arrays({ tokens: tokens(2, 3), tokens_test: tokens(2, 4) });
  expect((await open(both)).tokens!(1)).toEqual(['ba', 'bb', '']);
  expect((await open(both, 'test')).tokens!(0)).toEqual(['aa', 'ab', 'ac', '']);
  expect(notices).toEqual([]);
  const [input] = await readInputs([`${join(folder, 't.npz')}@1`]);
  expect(input!.tokens).toEqual(['ba', 'bb', 'bc', '']);
  // Held out examples keep their own.
  const held = await open(arrays({ tokens: tokens(10, 3) }, 10), 'test');
  for (let i = 0; i < held.length; i++) {
    expect(held.tokens!(i)[0]).toBe(`${String.fromCodePoint(97 + held.origin(i).row!)}a`);
  }
  notices.length = 0;
  expect((await open(arrays({ tokens: tokens(2, 5) }))).tokens).toBeUndefined();
  expect((await open(arrays({ tokens: ['|u1', [2, 3], new Uint8Array(6)] }))).tokens).toBeUndefined();
  expect(notices).toEqual([
    expect.stringMatching(/array tokens: left out, text of shape 2×5; tokens are text, one for each of the positions/),
    expect.stringMatching(/array tokens: left out, numbers of shape 2×3/),
  ]);
  // Features as many as positions: whose the tokens are cannot be told.
  notices.length = 0;
  const square = encodeNpz({
    x: ['<f4', [2, 3, 3], new Float32Array(18)],
    y: ['|u1', [2], Uint8Array.of(0, 1)],
    tokens: tokens(2, 3),
  });
  expect((await open(square)).tokens).toBeUndefined();
  expect(notices.join('\n')).toMatch(/array tokens: left out, as more than one axis of 3×3 has 3 places/);
});

test('names of features are one for each', async () => {
  const text = (...names: string[]): [string, number[], Uint32Array] => {
    return ['<U1', [names.length], Uint32Array.from(names, (name) => name.codePointAt(0)!)];
  };
  const arrays = (names: string, features: ReturnType<typeof text>, shape: number[]): Uint8Array => {
    const y: [string, number[], Uint8Array] = ['|u1', [2], Uint8Array.of(0, 1)];
    const x: [string, number[], Float32Array] = ['<f4', shape, new Float32Array(shape.reduce((a, b) => a * b))];
    return encodeNpz({ x, y, x_test: x, y_test: y, [names]: features });
  };
  const open = (bytes: Uint8Array) => openDataset(join(writeFiles(folder, { 'f.npz': bytes }), 'f.npz'));
  expect((await open(arrays('feature_names', text('a', 'b'), [2, 2]))).featureNames).toEqual(['a', 'b']);
  expect(await inputErrorOf(() => open(arrays('features', text('a', 'b', 'c'), [2, 2])))).toMatch(
    /array features: names 3 features, but examples are 2; give one name for each number of an example$/,
  );
  expect(await inputErrorOf(() => open(arrays('features', text('a', 'b'), [2, 2, 2])))).toContain(
    'but examples are 2×2',
  );
});
