/** A few images of the bundled sample at half their size, as a folder of IDX files: enough to train on in a second. */
import { openDataset } from '../../src/data/open-dataset.js';
import { encodeIdx, writeFiles } from './data-files.js';

const EDGE = 14;

/** Writes the folder. Returns it. */
export async function writeFashion(folder: string, trainCount = 300, testCount = 60): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (const [split, prefix, count] of [
    ['train', 'train', trainCount],
    ['test', 't10k', testCount],
  ] as const) {
    const { all, labels } = await openDataset('fashion-mnist-sample', { split });
    const pixels = new Uint8Array(count * EDGE * EDGE);
    for (let i = 0; i < pixels.length; i++) {
      const [image, place] = [Math.floor(i / EDGE ** 2), i % EDGE ** 2];
      pixels[i] = all![image * 784 + 2 * (Math.floor(place / EDGE) * 28 + (place % EDGE))]!;
    }
    files[`${prefix}-images-idx3-ubyte`] = encodeIdx([count, EDGE, EDGE], pixels);
    files[`${prefix}-labels-idx1-ubyte`] = encodeIdx([count], labels.subarray(0, count));
  }
  return writeFiles(folder, files);
}
