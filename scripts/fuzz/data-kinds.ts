/** Small data sets of every kind, as files that fuzzers damage. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Random } from '../../src/numeric/random.js';
import { damaged, damagedText } from './mutate-bytes.js';

const PICTURES = new URL('../../test/fixtures/data/pictures/', import.meta.url).pathname;
const pictureNames = readdirSync(PICTURES)
  .filter((name) => /\.(png|jpg|tif|gif|webp|avif)$/.test(name))
  .sort();

/** Files by their path. */
export type Files = Record<string, Uint8Array>;

/** A data set with one damaged part. */
export interface DamagedData {
  /** What `--data` names. */
  readonly spec: string;
  readonly files: Files;
  /** Elements of one example before it was damaged. */
  readonly size: number;
}

const TYPES = ['|b1', '|u1', '|i1', '<f2', '<f4', '>f4', '<f8', '<i2', '<i8', '>u4', '<U3', '|S2'];
const LABEL_TYPES = ['|u1', '<i8', '|b1', '<U3', '|S2', '<f4'];
const SHAPES = [[12], [3, 4], [3, 2, 2], [2, 2, 3], [1, 3, 4], [12, 1]];

/** The kinds, each drawn as often as the others. */
const KINDS: readonly ((random: Random) => DamagedData)[] = [npz, idx, cifar, graphs, folder, table, parquet, archive];

/** A data set of some kind, damaged. */
export function damagedData(random: Random): DamagedData {
  return KINDS[random.below(KINDS.length)]!(random);
}

/** A damaged picture file. */
export function damagedPicture(random: Random): { readonly name: string; readonly bytes: Uint8Array } {
  const name = pictureNames[random.below(pictureNames.length)]!;
  return { name, bytes: damaged(readFileSync(join(PICTURES, name)), random) };
}

function npz(random: Random): DamagedData {
  const shape = SHAPES[random.below(SHAPES.length)]!;
  const rows = 20;
  const labels = random.below(5) === 0 ? [rows, 2] : [rows];
  const header = (descr: string, dims: readonly number[]): string =>
    `{'descr': '${descr}', 'fortran_order': ${random.below(4) === 0 ? 'True' : 'False'}, 'shape': (${dims.join(', ')},), }`;
  const array = (descr: string, dims: readonly number[], isDamaged: boolean): Uint8Array => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const width = Number(descr.slice(2)) * (descr.includes('U') ? 4 : 1);
    const elements = Uint8Array.from({ length: count * width }, (_, i) => (i % width === 0 ? random.below(2) : 0));
    const text = header(descr, dims);
    const fields = isDamaged ? damagedText(text, random) : new TextEncoder().encode(text);
    const start = Buffer.from([
      0x93,
      ...Buffer.from('NUMPY'),
      1,
      0,
      (fields.length + 1) & 0xff,
      (fields.length + 1) >> 8,
    ]);
    return Buffer.concat([start, fields, Buffer.from('\n'), elements]);
  };
  const inside = random.below(3);
  const x = TYPES[random.below(TYPES.length)]!;
  const y = LABEL_TYPES[random.below(LABEL_TYPES.length)]!;
  const members = {
    'x.npy': array(x, [rows, ...shape], inside === 0),
    'y.npy': array(y, labels, inside === 1),
  };
  const whole = zipSync(members, { level: random.below(2) === 0 ? 0 : 6 });
  return { spec: 'd.npz', files: { 'd.npz': inside === 2 ? damaged(whole, random) : whole }, size: 12 };
}

function idx(random: Random): DamagedData {
  const file = (dims: readonly number[], most: number): Uint8Array => {
    const head = new Uint8Array(4 + 4 * dims.length);
    head.set([0, 0, 8, dims.length]);
    dims.forEach((dim, i) => new DataView(head.buffer).setUint32(4 + 4 * i, dim));
    const count = dims.reduce((product, dim) => product * dim, 1);
    return Buffer.concat([head, Uint8Array.from({ length: count }, () => random.below(most))]);
  };
  const files: Files = {
    'train-images-idx3-ubyte': file([20, 3, 4], 256),
    'train-labels-idx1-ubyte': file([20], 2),
    't10k-images-idx3-ubyte': file([4, 3, 4], 256),
    't10k-labels-idx1-ubyte': file([4], 2),
  };
  return inFolder(damageOne(packed(files, random), random), 12);
}

function packed(files: Files, random: Random): Files {
  if (random.below(2) === 0) return files;
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
}

function cifar(random: Random): DamagedData {
  const batch = (rows: number): Uint8Array =>
    Uint8Array.from({ length: rows * 3073 }, (_, i) => (i % 3073 === 0 ? random.below(2) : random.below(256)));
  const names = new TextEncoder().encode('cat\ndog\n');
  const files: Files = { 'data_batch_1.bin': batch(10), 'test_batch.bin': batch(2), 'batches.meta.txt': names };
  return inFolder(damageOne(files, random), 3072);
}

function graphs(random: Random): DamagedData {
  const graph = (label: number): string[] => [`3 ${label}`, '0 1 1', '1 2 0 2', '0 1 1'];
  const text = ['20', ...Array.from({ length: 20 }, (_, i) => graph(i % 2)).flat(), ''].join('\n');
  return { spec: 'd.txt', files: { 'd.txt': damagedText(text, random) }, size: 15 };
}

function folder(random: Random): DamagedData {
  const files: Files = {};
  const name = pictureNames[random.below(pictureNames.length)]!;
  const whole = readFileSync(join(PICTURES, name));
  for (const label of ['a', 'b']) for (let i = 0; i < 6; i++) files[`${label}/${i}-${name}`] = whole;
  if (random.below(4) === 0) files[`a/${'x'.repeat(random.below(200))}\u001b[31m\n.png`] = whole;
  return inFolder(damageOne(files, random), 12 * 17 * 3);
}

/** CSV or JSON-lines, alone or as two splits. */
function table(random: Random): DamagedData {
  const names = ['a', 'b', 'text', 'label'];
  const rows = Array.from({ length: 20 }, () => [
    random.normal(),
    random.below(5),
    `t${random.below(9)}`,
    random.below(2),
  ]);
  const delimiter = [',', ';', '\t'][random.below(3)]!;
  const isCsv = random.below(2) === 0;
  const text = isCsv
    ? [names, ...rows].map((row) => row.join(delimiter)).join('\n')
    : rows.map((row) => JSON.stringify(Object.fromEntries(row.map((cell, i) => [names[i]!, cell])))).join('\n');
  const ending = isCsv ? 'csv' : 'jsonl';
  const bytes = random.below(2) === 0 ? damagedText(text, random) : damaged(new TextEncoder().encode(text), random);
  if (random.below(2) === 0) return { spec: `d.${ending}`, files: { [`d.${ending}`]: bytes }, size: 2 };
  return inFolder({ [`train.${ending}`]: new TextEncoder().encode(text), [`test.${ending}`]: bytes }, 2);
}

function parquet(random: Random): DamagedData {
  const column = (make: () => number): number[] => Array.from({ length: 20 }, make);
  const columnData = [
    { name: 'a', data: column(() => random.normal()), type: 'DOUBLE' as const },
    { name: 'b', data: column(() => random.below(5)), type: 'INT32' as const },
    { name: 'text', data: column(() => random.below(9)).map(String), type: 'STRING' as const },
    { name: 'label', data: column(() => random.below(2)), type: 'INT32' as const },
  ];
  const codec = random.below(2) === 0 ? ('SNAPPY' as const) : ('UNCOMPRESSED' as const);
  const whole = new Uint8Array(parquetWriteBuffer({ columnData, codec, rowGroupSize: 1 + random.below(20) }));
  return { spec: 'd.parquet', files: { 'd.parquet': damaged(whole, random) }, size: 2 };
}

/** A zipped image folder, or one in a tar archive, gzipped or not, of Python's making. */
function archive(random: Random): DamagedData {
  const name = ['pets.zip', 'pets.tar', 'pets.tar.gz'][random.below(3)]!;
  const bytes = readFileSync(new URL(`../../test/fixtures/data/tables/${name}`, import.meta.url));
  return { spec: name, files: { [name]: damaged(bytes, random) }, size: 4 * 5 * 3 };
}

function damageOne(files: Files, random: Random): Files {
  const names = Object.keys(files);
  const name = names[random.below(names.length)]!;
  const { [name]: bytes, ...others } = files;
  return random.below(12) === 0 ? others : { ...others, [name]: damaged(bytes!, random) };
}

function inFolder(files: Files, size: number): DamagedData {
  return {
    spec: 'd',
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`d/${name}`, bytes])),
    size,
  };
}
