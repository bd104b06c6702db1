/** Training images some of whose labels are flipped, and networks trained on them: what the benchmarks of `audit` share. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { seededRandom } from '../../dist/numeric/random.js';
import { encodeModel } from '../../dist/onnx/codec.js';
import type { Runtime } from '../../dist/runtime/runtime.js';
import { startTraining } from '../../dist/workflows/train.js';
import { create } from '../../dist/zoo/create.js';

export const CLASSES = 10;
export const PIXELS = 784;

/** Images and labels, raw. */
export interface Split {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** Reads part of a split of MNIST or one in its form. @param name `train` or `t10k` */
export function readSplit(folder: string, name: string, first: number, count: number): Split {
  const read = (kind: string) => gunzipSync(readFileSync(join(folder, `${name}-${kind}-ubyte.gz`)));
  return {
    images: read('images-idx3').subarray(16 + first * PIXELS, 16 + (first + count) * PIXELS),
    labels: Uint8Array.from(read('labels-idx1').subarray(8 + first, 8 + first + count)),
  };
}

/** Labels of which a share is flipped, to any other class, all equally likely; and which of them are wrong. */
export function flip(original: Uint8Array, noise: number, seed: number): { labels: Uint8Array; wrong: boolean[] } {
  const random = seededRandom(seed, 7, Math.round(100 * noise));
  const labels = original.slice();
  const flipped = random.shuffle(Int32Array.from(labels.keys())).slice(0, Math.round(noise * labels.length));
  for (const i of flipped) labels[i] = (labels[i]! + 1 + random.below(CLASSES - 1)) % CLASSES;
  return { labels, wrong: Array.from(labels, (label, i) => label !== original[i]) };
}

/** An IDX file of bytes. */
function idx(dims: readonly number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.set([0, 0, 8, dims.length]);
  dims.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, bytes]);
}

/** A folder for data sets and runs. */
export function workshop(runtime: Runtime, test: Split) {
  const folder = mkdtempSync(join(tmpdir(), 'label-errors-'));
  return {
    folder,
    /** Writes a data set. @returns its folder */
    writeData: (name: string, images: Uint8Array, labels: Uint8Array): string => {
      const path = join(folder, name);
      mkdirSync(path, { recursive: true });
      for (const [split, pixels, classes] of [
        ['train', images, labels],
        ['t10k', test.images, test.labels],
      ] as const) {
        writeFileSync(join(path, `${split}-images-idx3-ubyte`), idx([classes.length, 28, 28], pixels));
        writeFileSync(join(path, `${split}-labels-idx1-ubyte`), idx([classes.length], classes));
      }
      return path;
    },
    /** Trains a fresh LeNet with the defaults. */
    train: async (name: string, dataSpec: string, seed: number, epochs: number) => {
      const modelPath = join(folder, `lenet-${seed}.onnx`);
      writeFileSync(modelPath, encodeModel(create('lenet', { seed })));
      const runDirectory = join(folder, name);
      const manifest = await startTraining({
        ...{ modelPath, dataSpec, runDirectory, force: true, runtime },
        options: { epochs, seed, sampler: 'shuffled' },
      });
      return { runDirectory, manifest };
    },
  };
}
