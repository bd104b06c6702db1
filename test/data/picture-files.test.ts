/** Image files beside what Pillow makes of them; the fixtures are from scripts/fixtures/pictures.py. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { Picture, Size } from '../../src/data/dataset.js';
import {
  imageShape,
  isImageName,
  readImageBytes,
  readImageFile,
  UnreadableImage,
} from '../../src/data/pictures/image-file.js';
import { readNpy } from '../../src/data/npy/decode.js';
import { withChannels } from '../../src/data/pictures/pictures.js';
import { withZip } from '../../src/data/archives/zip.js';
import { inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const pictures = fileURLToPath(new URL('../fixtures/data/pictures/', import.meta.url));
const folder = temporaryFolder();

interface Expected {
  readonly file: string;
  readonly resize?: Size | undefined;
  readonly isGrey: boolean;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const expected: readonly Expected[] = await withZip(join(pictures, 'expected.npz'), async (archive) => {
  const found: Expected[] = [];
  for (const entry of archive.names.filter((name) => name !== 'versions.npy')) {
    const { shape, data } = await archive.read(entry, (reader, size) => readNpy(reader, size, entry));
    const [, file, width, height, grey] = /^(.*?)(?:@(\d+)x(\d+)( grey)?)?\.npy$/.exec(entry)!;
    const resize = width === undefined ? undefined : { width: Number(width), height: Number(height) };
    found.push({ file: file!, resize, isGrey: grey !== undefined, shape, data: data as Uint8Array });
  }
  return found;
});

/** AVIF is decoded by another library, which enlarges chroma of half size in another way: see docs/data.md. */
const TOLERANCE: Readonly<Record<string, number>> = {
  'colour.avif': 48,
  'colour-444.avif': 1,
  // Divided by alpha again: rounded here, truncated there.
  'colour-alpha-multiplied.tif': 1,
};

const inColours = (picture: Picture): Picture => withChannels(picture, 3);

describe('as Pillow reads it', () => {
  test('every file has its array', () => {
    expect(readdirSync(pictures).filter(isImageName).sort()).toEqual(
      [...new Set(expected.map(({ file }) => file))].sort(),
    );
  });

  test.each(expected)('$file $resize $isGrey', async ({ file, resize, isGrey, shape, data }) => {
    const path = join(pictures, file);
    const options = { resize, channels: isGrey ? (1 as const) : undefined };
    const picture = await readImageFile(path, options);
    const [height, width] = shape as [number, number];
    expect([picture.height, picture.width]).toEqual([height, width]);
    expect(await imageShape(await readImageBytes(path), path, options)).toEqual([picture.channels, height, width]);
    const pillow = inColours({ height, width, channels: shape.length === 2 ? 1 : 3, data });
    const found = inColours(picture).data;
    const most = found.reduce((worst, value, i) => Math.max(worst, Math.abs(value - pillow.data[i]!)), 0);
    expect(most).toBeLessThanOrEqual(TOLERANCE[file] ?? 0);
  });

  test.each(['grey', 'inks'])('what starts with "%s" has the channels that its name says', async (start) => {
    const files = readdirSync(pictures).filter((name) => name.startsWith(start) && /(png|jpg|tif)$/.test(name));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files)
      expect((await imageShape(await readImageBytes(join(pictures, file)), file))[0]).toBe(start === 'grey' ? 1 : 3);
  });
});

describe('what is refused, with the file and the mend', () => {
  test.each([
    [
      'float.tif',
      'holds numbers of type float, which are not shades of 8 or 16 bits; save pictures as such, and numbers in',
    ],
    ['float-colour.tif', 'holds numbers of type float'],
    ['integers.tif', 'holds numbers of type int'],
    ['signed-16-bit.tif', 'holds numbers of type short'],
    ['doubles.tif', 'is not a readable image'],
    ['five-channels.tif', 'has 4 channels of colour space b-w; save it in grey or RGB'],
    ['lab.tif', 'is not a readable image'],
  ])('%s', async (file, message) => {
    const path = join(pictures, 'refused', file);
    expect(await inputErrorOf(() => readImageFile(path))).toContain(`${path}: ${message}`);
  });

  test('every file cut off somewhere', async () => {
    // Of several pictures the first may be whole.
    const files = readdirSync(pictures).filter((name) => isImageName(name) && !/^(frames|pages)/.test(name));
    for (const file of files) {
      const whole = readFileSync(join(pictures, file));
      for (const part of [0, 0.1, 0.5, 0.75]) {
        writeFiles(folder, { [file]: whole.subarray(0, Math.floor(part * whole.length)) });
        await expect(readImageFile(join(folder, file))).rejects.toThrow(UnreadableImage);
      }
    }
  });

  test('other formats under an image name', async () => {
    writeFiles(folder, { 'drawing.png': '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>' });
    expect(await inputErrorOf(() => readImageFile(join(folder, 'drawing.png')))).toContain('format svg');
  });

  test('more pixels than there is memory for, before they are decoded', async () => {
    const blank = sharp({ create: { width: 9000, height: 8000, channels: 3, background: 'red' } });
    writeFiles(folder, { 'vast.png': await blank.png({ compressionLevel: 9 }).toBuffer() });
    expect(
      await inputErrorOf(() => readImageFile(join(folder, 'vast.png'), { resize: { width: 8, height: 8 } })),
    ).toMatch(/has 9000×8000 pixels, more than the 67,108,864 that a picture may have; make it smaller$/);
  });
});
