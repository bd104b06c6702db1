/** Bytes of an image file to pixels, as Pillow's `convert('RGB')` (or `'L'`) gives them; `docs/data.md` has the table. */
import type Sharp from 'sharp';
import { InputError } from '../../errors.js';
import type { Picture, Size } from '../dataset.js';
import { firstGifFrame } from './gif-frame.js';
import { countText } from '../printable.js';

/** What a file says of its picture. */
export interface PictureHeader extends Size {
  readonly channels: 1 | 3;
  /** `jpeg`, `png`, … */
  readonly format: string;
  readonly space: 'b-w' | 'grey16' | 'srgb' | 'rgb16' | 'cmyk';
  readonly is16Bit: boolean;
}

/** A picture that is not to be had from a file, with the mend. */
export class UnsupportedPicture extends InputError {}

/** Formats by their contents; of what libvips reads besides, some can name other files. */
const FORMATS = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif']);

/** Decoded, a picture takes about ten bytes per pixel for a moment: this many stay below a gigabyte. */
const LARGEST = 2 ** 26;

/**
 * Reads what precedes the pixels.
 * @throws UnsupportedPicture for pictures that have no shades of 8 or 16 bits, or too many pixels
 * @throws Error when the file is no picture
 */
export async function readHeader(bytes: Uint8Array): Promise<PictureHeader> {
  const sharp = await loadSharp();
  const found = await sharp(bytes, { limitInputPixels: false }).metadata();
  const { format, width, height, pages = 1, pageHeight, channels, hasAlpha, depth, space } = found;
  if (!FORMATS.has(format)) throw new Error(`a file of format ${format}`);
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new UnsupportedPicture(
      `holds numbers of type ${depth}, which are not shades of 8 or 16 bits; save pictures as such, and numbers in an .npz file`,
    );
  }
  const bands = channels - (hasAlpha ? 1 : 0);
  if (!isSpace(space) || bands !== BANDS[space]) {
    throw new UnsupportedPicture(`has ${bands} channels of colour space ${space}; save it in grey or RGB`);
  }
  const rows = pages > 1 ? (pageHeight ?? height) : height;
  if (rows * width > LARGEST) {
    throw new UnsupportedPicture(
      `has ${width}×${rows} pixels, more than the ${countText(LARGEST)} that a picture may have; make it smaller`,
    );
  }
  return { format, space, width, height: rows, channels: bands === 1 ? 1 : 3, is16Bit: depth === 'ushort' };
}

const BANDS = { 'b-w': 1, grey16: 1, srgb: 3, rgb16: 3, cmyk: 4 } as const;

function isSpace(space: string): space is PictureHeader['space'] {
  return space in BANDS;
}

/**
 * The picture itself, the first of several. Colour profiles and orientation are not applied, transparency is dropped from
 * colours that were never multiplied by it, of 16 bits the upper 8 are kept, inks become colours by Pillow's formula.
 * @throws Error when the file is damaged or cut short
 */
export async function decodePicture(bytes: Uint8Array, header: PictureHeader): Promise<Picture> {
  const { format, space, is16Bit, height, width, channels } = header;
  const sharp = await loadSharp();
  const opened = sharp(bytes, { failOn: 'error', ignoreIcc: true, limitInputPixels: LARGEST });
  // Without these two libvips would turn inks into colours, and shades of 16 bits into 8, by ways of its own.
  const plain = is16Bit || space === 'cmyk' ? opened.pipelineColourspace(space).toColourspace(space) : opened;
  const coloured = space === 'b-w' ? plain.toColourspace('b-w') : plain;
  const { data, info } = await (format === 'gif' ? coloured : coloured.removeAlpha())
    .raw(is16Bit ? { depth: 'ushort' } : {})
    .toBuffer({ resolveWithObject: true });
  if (info.width !== width || info.height !== height)
    throw new Error('its header and its pixels are of different sizes');
  const shades = is16Bit ? upperBytes(data) : data;
  if (space === 'cmyk') return { height, width, channels: 3, data: inksToColours(shades, info.channels) };
  if (format === 'gif') return { height, width, channels: 3, data: onBackdrop(shades, info.channels, header, bytes) };
  if (info.channels !== channels) throw new Error(`${info.channels} channels where its header says ${channels}`);
  return { height, width, channels, data: shades };
}

function upperBytes(data: Uint8Array): Uint8Array {
  const shades = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  return Uint8Array.from(shades, (shade) => shade >> 8);
}

/** Four inks to three colours, each (255 − ink) · (255 − black) / 255, rounded as Pillow does. */
function inksToColours(inks: Uint8Array, bands: number): Uint8Array {
  const result = new Uint8Array((inks.length / bands) * 3);
  for (let from = 0, to = 0; to < result.length; from += bands, to += 3) {
    const light = 255 - inks[from + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = inks[from + c]! * light + 128;
      result[to + c] = light - ((product + (product >> 8)) >> 8);
    }
  }
  return result;
}

/** The colours of a GIF, with the palette's own where it is transparent, and around its first frame. */
function onBackdrop(data: Uint8Array, bands: number, { height, width }: Size, gif: Uint8Array): Uint8Array {
  const frame = firstGifFrame(gif);
  const result = new Uint8Array(height * width * 3);
  for (let y = 0, from = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, from += bands, to += 3) {
      const isCovered = !frame || (isWithin(x, frame.left, frame.width) && isWithin(y, frame.top, frame.height));
      if (frame && (!isCovered || (bands === 4 && data[from + 3] === 0))) result.set(frame.colour, to);
      else for (let c = 0; c < 3; c++) result[to + c] = data[from + c]!;
    }
  }
  return result;
}

const isWithin = (place: number, start: number, length: number): boolean => place >= start && place < start + length;

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
