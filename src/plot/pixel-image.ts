/** Pictures of pixels inside SVG and HTML: exact PNGs in data URIs, the same bytes on every machine. */
import { strFromU8, zlibSync } from 'fflate';
import { svg } from './svg.js';
import type { MarkupAttributes, Markup } from './markup.js';

/** Pixels, row by row from the top, channels interleaved: 1 grey, 3 RGB or 4 RGBA, a byte each. */
export interface PixelImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** A picture that can be put into a document: its own size in pixels, and its bytes as a `data:image/…` URI. */
export interface EmbeddedImage {
  readonly width: number;
  readonly height: number;
  readonly href: string;
}

/** The picture as a PNG data URI, every pixel kept. @throws RangeError when the data does not fit the size */
export function embedPixels(image: PixelImage): EmbeddedImage {
  const { width, height } = image;
  return { width, height, href: `data:image/png;base64,${toBase64(encodePng(image))}` };
}

/** A PNG file of the pixels (PNG specification, 3rd edition; 8 bits per channel, no interlacing). */
export function encodePng({ width, height, channels, data }: PixelImage): Uint8Array {
  if (!(width > 0 && height > 0) || data.length !== width * height * channels) {
    throw new RangeError(`${data.length} bytes are not ${width} × ${height} pixels of ${channels} channels`);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = { 1: 0, 3: 2, 4: 6 }[channels];
  return concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', zlibSync(filtered(data, height, width * channels), { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** An image element; enlarged pixels stay squares. */
export function svgImage(image: EmbeddedImage, x: number, y: number, width: number, height: number): Markup {
  const attributes: MarkupAttributes = { href: image.href, x, y, width, height, preserveAspectRatio: 'xMidYMid meet' };
  return svg('image', enlarged(image, width) ? { ...attributes, style: 'image-rendering:pixelated' } : attributes);
}

/** Whether showing the image so wide enlarges it. */
export function enlarged(image: EmbeddedImage, shownWidth: number): boolean {
  return image.width < shownWidth;
}

/** Each row with filter type 0 (none) before it: small pictures gain nothing from others. */
function filtered(data: Uint8Array | Uint8ClampedArray, height: number, rowLength: number): Uint8Array {
  const rows = new Uint8Array(height * (rowLength + 1));
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * rowLength, (y + 1) * rowLength), y * (rowLength + 1) + 1);
  }
  return rows;
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function toBase64(bytes: Uint8Array): string {
  return btoa(strFromU8(bytes, true));
}
