/** A file that somebody chose or dropped, which may be anything, as pixels. */
import type { Pixels } from './engine.js';
import { HEAD_BYTES, pictureSize } from './picture-size.js';

/** Bytes of a file, */
const MOST_BYTES = 2 ** 26;
/** and pixels of a picture, beyond which a page would run out of memory. */
const MOST_PIXELS = 2 ** 25;

/**
 * Decodes a picture as it is stored: not turned, and without a colour profile.
 * @throws Error with one line for the reader
 */
export async function readPicture(file: File): Promise<Pixels> {
  const name = shown(file.name);
  if (file.size > MOST_BYTES)
    throw new Error(`${name}: is too large for a picture (${megabytes(file.size)} MB); make it smaller`);
  const head = await file
    .slice(0, HEAD_BYTES)
    .arrayBuffer()
    .catch(() => undefined);
  if (!head) throw new Error(`${name}: cannot be read; is it a folder?`);
  const size = pictureSize(new Uint8Array(head));
  if (!size) throw new Error(`${name}: is no picture that is read here; give a PNG, JPEG, GIF or WebP file`);
  const { width, height } = size;
  if (width * height > MOST_PIXELS) {
    throw new Error(`${name}: has ${width}×${height} pixels, too many for a page; make it smaller`);
  }
  const bitmap = await createImageBitmap(file, {
    imageOrientation: 'none' as ImageOrientation,
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  }).catch(() => undefined);
  if (!bitmap) throw new Error(`${name}: is damaged, or cut short; give another file`);
  try {
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return { width: bitmap.width, height: bitmap.height, data: data };
  } finally {
    bitmap.close();
  }
}

/** A name in a line: short, and without what would turn the line around or break it. */
export function shown(name: string): string {
  const safe = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
  return safe.length <= 80 ? safe : `${safe.slice(0, 50)}…${safe.slice(-25)}`;
}

const megabytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
