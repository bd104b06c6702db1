/** The formats of data that the README names, each as a small data set. A new one is a line here. */
import { Buffer } from 'node:buffer';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { unzipped, writePhotos } from './photos.mjs';

/**
 * Each: what `--data` and `--input` are given, the model that `create` makes for it, and what puts the data into a folder.
 */
export const FORMATS = [
  {
    name: 'a folder of images',
    data: 'photos/',
    input: 'photos/test/dog/2.jpg',
    create: 'simple-cnn --input-shape 3,32,32 --classes 3',
    write: (folder) => writePhotos(join(folder, 'photos')),
  },
  {
    name: 'IDX files',
    data: 'idx/',
    input: 'idx/@3',
    create: 'simple-cnn',
    write: (folder) => writeIdx(join(folder, 'idx')),
  },
  {
    name: 'npz',
    data: 'data.npz',
    input: 'data.npz@1',
    create: 'mlp --input-shape 6 --classes 3',
    write: (folder) => writeFileSync(join(folder, 'data.npz'), npzOf(vectors())),
  },
  ...tables(),
];

function tables() {
  const create = 'mlp --input-shape 6 --classes 3';
  return [
    {
      name: 'CSV',
      data: 'table.csv',
      input: 'table.csv@1',
      create,
      write: (folder) => {
        const { rows, labels } = vectors();
        const lines = rows.map((row, i) => [...row, labels[i]].join(','));
        writeFileSync(join(folder, 'table.csv'), ['x0,x1,x2,x3,x4,x5,label', ...lines, ''].join('\n'));
      },
    },
    {
      name: 'Parquet',
      data: 'table.parquet',
      input: 'table.parquet@1',
      create,
      write: (folder) => {
        const { rows, labels } = vectors();
        const features = rows[0].map((_, j) => ({ name: `x${j}`, data: rows.map((row) => row[j]), type: 'DOUBLE' }));
        const columnData = [...features, { name: 'label', data: labels, type: 'INT32' }];
        writeFileSync(join(folder, 'table.parquet'), Buffer.from(parquetWriteBuffer({ columnData })));
      },
    },
  ];
}

/** The first so many of the bundled sample. */
const IDX_COUNTS = { train: 150, t10k: 30 };

/** Pictures and labels of the sample, as files that say how many they hold. */
function writeIdx(folder) {
  mkdirSync(folder);
  for (const [prefix, count] of Object.entries(IDX_COUNTS)) {
    for (const [kind, head, each] of [
      ['images-idx3', 16, 28 * 28],
      ['labels-idx1', 8, 1],
    ]) {
      const bytes = Buffer.from(unzipped(`${prefix}-${kind}-ubyte.gz`).subarray(0, head + count * each));
      bytes.writeUInt32BE(count, 4);
      writeFileSync(join(folder, `${prefix}-${kind}-ubyte`), bytes);
    }
  }
}

/** Sixty examples of six numbers, of which one says the class. */
function vectors() {
  const labels = Array.from({ length: 60 }, (_, i) => i % 3);
  const rows = labels.map((label, i) =>
    Array.from({ length: 6 }, (_, j) => (j === label ? 1 : 0) + Math.sin(i * 7 + j) / 3),
  );
  return { rows, labels };
}

function npzOf({ rows, labels }) {
  return zipSync({
    'x.npy': npyOf('<f4', [rows.length, rows[0].length], new Uint8Array(Float32Array.from(rows.flat()).buffer)),
    'y.npy': npyOf('|u1', [labels.length], Uint8Array.from(labels)),
  });
}

function npyOf(type, shape, data) {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + '\n';
  const length = Uint16Array.of(padded.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from(length.buffer),
    Buffer.from(padded),
    data,
  ]);
}
