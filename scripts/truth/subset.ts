/** A small data set out of IDX files: the first examples to learn from, those after them to ask about. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Bytes of an IDX file before its elements: four, and four a dimension. */
const header = { images: 16, labels: 8 };

/**
 * Writes a data set as a folder of IDX files.
 * @param stem which files are read: `t10k` or `train`
 * @param counts how many examples become the training split, and the test split
 */
export function writeSubset(
  folder: string,
  stem: string,
  [train, test]: readonly [number, number],
  out: string,
): string {
  const images = read(join(folder, `${stem}-images-idx3-ubyte`));
  const labels = read(join(folder, `${stem}-labels-idx1-ubyte`));
  const size = (images.length - header.images) / (labels.length - header.labels);
  mkdirSync(out, { recursive: true });
  const part = (name: string, from: number, to: number) => {
    const put = (file: string, source: Buffer, head: number, width: number) => {
      const bytes = Buffer.concat([source.subarray(0, head), source.subarray(head + from * width, head + to * width)]);
      bytes.writeUInt32BE(to - from, 4);
      writeFileSync(join(out, file), bytes);
    };
    put(`${name}-images-idx3-ubyte`, images, header.images, size);
    put(`${name}-labels-idx1-ubyte`, labels, header.labels, 1);
  };
  part('train', 0, train);
  part('t10k', train, train + test);
  return out;
}

function read(path: string): Buffer {
  return existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
}
