/** The photographs that the README assumes: three classes of the bundled sample as coloured JPEGs of 32×32 pixels. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';

/** What the folders are called, and which class of the sample is in them. */
const CLASSES = { bird: 1, cat: 9, dog: 8 };

/** Examples of each class. */
const COUNTS = { train: 40, test: 6 };

const FILES = { train: 'train', test: 't10k' };

const SIDE = 28;

/** Bytes before the first picture, and before the first label, of an IDX file. */
const [IMAGES_AT, LABELS_AT] = [16, 8];

/** Writes `folder`/train/<class>/<number>.jpg and `folder`/test/…, numbered from 1. */
export async function writePhotos(folder) {
  for (const [split, prefix] of Object.entries(FILES)) {
    const images = unzipped(`${prefix}-images-idx3-ubyte.gz`).subarray(IMAGES_AT);
    const labels = unzipped(`${prefix}-labels-idx1-ubyte.gz`).subarray(LABELS_AT);
    for (const [name, label] of Object.entries(CLASSES)) {
      const places = [...labels.keys()].filter((at) => labels[at] === label).slice(0, COUNTS[split]);
      for (const [i, at] of places.entries()) {
        const file = join(folder, split, name, `${i + 1}.jpg`);
        mkdirSync(dirname(file), { recursive: true });
        const pixels = images.subarray(at * SIDE * SIDE, (at + 1) * SIDE * SIDE);
        await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 1 } })
          .extend(2)
          .toColourspace('srgb')
          .tint('#ffd0a0')
          .jpeg({ quality: 95 })
          .toFile(file);
      }
    }
  }
}

/** A file of the bundled sample, unpacked. */
export function unzipped(name) {
  return gunzipSync(readFileSync(new URL(`../../data/fashion-mnist-sample/${name}`, import.meta.url)));
}
