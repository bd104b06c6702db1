/**
 * Makes data/fashion-mnist-sample: of each class the first 500 training and the first 100 test images of Fashion-MNIST,
 * in their original order, as gzipped IDX files.
 *
 * Usage: node scripts/make-sample.mjs [folder with the four Fashion-MNIST files]
 */
import { Buffer } from 'node:buffer';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = process.argv[2] ?? join(root, '../shared/data/fashion-mnist');
const target = join(root, 'data/fashion-mnist-sample');

const CLASSES = 10;
const PIXELS = 28 * 28;
const IMAGE_HEADER = 16;
const LABEL_HEADER = 8;

mkdirSync(target, { recursive: true });
for (const [split, perClass] of [
  ['train', 500],
  ['t10k', 100],
]) {
  const imagesName = `${split}-images-idx3-ubyte.gz`;
  const labelsName = `${split}-labels-idx1-ubyte.gz`;
  const images = gunzipSync(readFileSync(join(source, imagesName)));
  const labels = gunzipSync(readFileSync(join(source, labelsName)));

  const taken = new Array(CLASSES).fill(0);
  const kept = [];
  for (let i = 0; i + LABEL_HEADER < labels.length; i++) {
    if (taken[labels[LABEL_HEADER + i]]++ < perClass) kept.push(i);
  }
  const sampleImages = [header(images, IMAGE_HEADER, kept.length)];
  for (const i of kept) sampleImages.push(images.subarray(IMAGE_HEADER + i * PIXELS, IMAGE_HEADER + (i + 1) * PIXELS));
  const sampleLabels = [
    header(labels, LABEL_HEADER, kept.length),
    Uint8Array.from(kept, (i) => labels[LABEL_HEADER + i]),
  ];

  write(imagesName, sampleImages);
  write(labelsName, sampleLabels);
}

/** The original header with another number of examples. */
function header(file, length, examples) {
  const bytes = Uint8Array.from(file.subarray(0, length));
  new DataView(bytes.buffer).setUint32(4, examples);
  return bytes;
}

function write(name, parts) {
  // A gzip file of Node holds neither time nor name, so the same images give the same file.
  const bytes = gzipSync(Buffer.concat(parts), { level: 9 });
  writeFileSync(join(target, name), bytes);
  console.log(`${name}: ${bytes.length} bytes`);
}
