/** The formats of data that the README names, each as a small data set. A new one is a line here. */
import { Buffer } from 'node:buffer';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { writePhotos } from './photos.mjs';

const SAMPLE = fileURLToPath(new URL('../../data/fashion-mnist-sample', import.meta.url));

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
    write: (folder) => {
      mkdirSync(join(folder, 'idx'));
      for (const file of readdirSync(SAMPLE).filter((name) => name.endsWith('.gz'))) {
        cpSync(join(SAMPLE, file), join(folder, 'idx', file));
      }
    },
  },
  {
    name: 'npz',
    data: 'data.npz',
    input: 'data.npz@1',
    create: 'mlp --input-shape 6 --classes 3',
    write: (folder) => writeFileSync(join(folder, 'data.npz'), npzOf(vectors())),
  },
];

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
