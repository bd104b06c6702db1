/** Image files through sharp: decoded to 8-bit grey or RGB, resized on request. */
import { readFile, stat } from 'node:fs/promises';
import type Sharp from 'sharp';
import { InputError } from '../errors.js';
import { explainFileError } from '../files.js';
import type { Picture, Size } from './dataset.js';
import { conversionFlags } from './example-shape.js';
import { withChannels } from './pictures.js';
import type { Preprocessing } from './preprocessing.js';
import { printable, reason, shapeText } from './printable.js';

/** Endings of the files taken for images. */
export const IMAGE_ENDINGS = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'];

/** Larger files are refused before they are read. */
const FILE_LIMIT = 1 << 29;

/** An image that cannot be decoded; a data set counts all of them before it gives up. */
export class UnreadableImage extends InputError {}

/** How an image file is read. */
export interface ImageOptions extends Pick<Preprocessing, 'resize' | 'channels'> {
  /** `[channels, height, width]` that the picture must have in the end. */
  readonly shape?: readonly number[] | undefined;
  /** Whose shape it is, for the message: `the first train image`. */
  readonly wantedBy?: string | undefined;
}

/** Whether a file name looks like an image's. */
export function isImageName(name: string): boolean {
  const lower = name.toLowerCase();
  return IMAGE_ENDINGS.some((ending) => lower.endsWith(ending));
}

/**
 * Reads an image file. Transparency is dropped, 16-bit channels become 8-bit, an EXIF orientation is not applied and of
 * an animation the first frame is taken (as Pillow and torchvision do). Stretches when `resize` has another aspect.
 * @throws UnreadableImage when the file cannot be decoded
 * @throws InputError when the picture has not the shape asked for
 */
export async function readImageFile(path: string, options: ImageOptions = {}): Promise<Picture> {
  const bytes = await readImageBytes(path);
  const { resize, channels, shape, wantedBy = 'the data set' } = options;
  const decoded = await decode(bytes, resize, resize ? undefined : shape).catch(async (error: unknown) => {
    // A picture with more pixels than wanted is refused undecoded; what is wrong with it is then its size.
    const found = await headerShape(bytes).catch(() => undefined);
    if (found && shape && !resize && (found[1] !== shape[1] || found[2] !== shape[2])) {
      throw otherShape(path, found, shape, wantedBy);
    }
    throw unreadable(path, error);
  });
  const picture = channels ? withChannels(decoded, channels) : decoded;
  const found = [picture.channels, picture.height, picture.width];
  if (shape && !found.every((dim, axis) => dim === shape[axis])) throw otherShape(path, found, shape, wantedBy);
  return picture;
}

/**
 * The shape `[channels, height, width]` that `readImageFile` would give, from the file's header alone.
 * @throws UnreadableImage when the file is no image
 */
export async function imageShape(path: string, { resize, channels }: ImageOptions = {}): Promise<number[]> {
  const bytes = await readImageBytes(path);
  const found = await headerShape(bytes).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return [channels ?? found[0]!, resize?.height ?? found[1]!, resize?.width ?? found[2]!];
}

/** A picture stretched or shrunk to this size (Lanczos). */
export async function resizePicture(picture: Picture, size: Size): Promise<Picture> {
  const sharp = await loadSharp();
  const { width, height, channels } = picture;
  const pipeline = sharp(picture.data, { raw: { width, height, channels } }).resize({ ...size, fit: 'fill' });
  const data = await (channels === 1 ? pipeline.toColourspace('b-w') : pipeline).raw().toBuffer();
  return { ...size, channels, data };
}

let loading: Promise<typeof Sharp> | undefined;

/** sharp, loaded when the first image needs it: most data sets and commands never do. */
function loadSharp(): Promise<typeof Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // Many small images run side by side: threads within one and a cache of results would only cost.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}

/** The file is handed to libvips as bytes, because libvips reads options out of brackets in a file name. */
async function readImageBytes(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > FILE_LIMIT) throw new UnreadableImage(`${printable(path)}: is too large for an image; take it out`);
    return await readFile(path);
  } catch (error) {
    throw explainFileError(error, printable(path));
  }
}

async function decode(bytes: Uint8Array, resize: Size | undefined, shape?: readonly number[]): Promise<Picture> {
  const sharp = await loadSharp();
  const limitInputPixels = shape ? shape[1]! * shape[2]! : undefined;
  let pipeline = sharp(bytes, { failOn: 'error', ...(limitInputPixels ? { limitInputPixels } : {}) });
  if (resize) pipeline = pipeline.resize({ ...resize, fit: 'fill' });
  const { data, info } = await pipeline.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  // sharp gives three equal channels for a grey file too. Asking each file's header first would double the time, so
  // only a picture without any colour is looked up.
  if (info.channels === 3 && isColourless(data) && (await headerShape(bytes))[0] === 1) {
    return { width, height, channels: 1, data: data.filter((_, i) => i % 3 === 0) };
  }
  return { width, height, channels: info.channels === 1 ? 1 : 3, data };
}

function isColourless(data: Uint8Array): boolean {
  for (let i = 0; i < data.length; i += 3) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return true;
}

async function headerShape(bytes: Uint8Array): Promise<number[]> {
  const sharp = await loadSharp();
  const { width, height, pages = 1, pageHeight, channels, hasAlpha } = await sharp(bytes).metadata();
  return [channels - (hasAlpha ? 1 : 0) === 1 ? 1 : 3, pages > 1 ? (pageHeight ?? height) : height, width];
}

function unreadable(path: string, error: unknown): UnreadableImage {
  return new UnreadableImage(`${printable(path)}: is no readable image (${reason(error)}); replace it or take it out`, {
    cause: error,
  });
}

function otherShape(path: string, found: readonly number[], wanted: readonly number[], wantedBy: string): InputError {
  return new InputError(
    `${printable(path)}: is ${shapeText(found)} (channels×height×width), but ${wantedBy} is ${shapeText(wanted)}; ` +
      `give ${conversionFlags(found, wanted)} to convert`,
  );
}
