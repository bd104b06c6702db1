/** Pictures on their way into a page: each once, many in one sheet (Node only). */
import type { PixelImage } from '../../plot/pixel-image.js';
import { pictureKey, type Pictured, type PicturePlace, type Sheet, type Written } from '../app/payload.js';
import type { PictureSource } from '../pictures.js';

/** Larger pictures are reduced to this edge. */
const LARGEST_EDGE = 128;
/** Pictures of at most this edge are kept pixel by pixel; larger ones would make a page of megabytes. */
const EXACT_EDGE = 32;
/** Pictures that are only glanced at are reduced to this edge, and take so many bytes together at most. */
const [GLANCED_EDGE, GLANCED_BYTES] = [48, 2 ** 20];
/** A sheet has about so many pixels: browsers draw larger ones slowly, and the budget is looked at after each. */
const SHEET_PIXELS = 2 ** 19;
/** Bytes that a pixel of a reduced picture takes, at most. */
const BYTES_PER_PIXEL = 0.25;
/** Codecs work on blocks of 16 pixels: a tile that ends within one would stain its neighbour. */
const BLOCK = 16;
const QUALITY = 85;

/** Pictures of a page: where each is, and the sheets as files. */
export interface Sheets {
  readonly sheets: readonly Sheet[];
  /** Of each sheet, a WebP file. */
  readonly files: readonly Uint8Array[];
  readonly places: Readonly<Record<string, PicturePlace>>;
  /** What there is to read of what is no picture, and what the numbers of a row are called. */
  readonly written: Readonly<Record<string, Written>>;
  readonly columns?: readonly string[] | undefined;
  /** How many had no room. */
  readonly leftOut: number;
}

/** No pictures. */
export const noSheets: Sheets = { sheets: [], files: [], places: {}, written: {}, leftOut: 0 };

/**
 * Fetches pictures and lays them into sheets, as many as fit.
 * @param wanted the most important first; what is no image is passed over
 * @param budget bytes of all sheets together, about
 * @param glanced more pictures, small ones, in what room the others leave; those without any are not counted
 */
export async function makeSheets(
  source: PictureSource,
  wanted: readonly Pictured[],
  budget: number,
  glanced: readonly Pictured[] = [],
): Promise<Sheets> {
  const sheets: Sheet[] = [];
  const files: Uint8Array[] = [];
  const places: Record<string, PicturePlace> = {};
  const written: Record<string, Written> = {};
  let pending: { readonly key: string; readonly image: PixelImage }[] = [];
  let pixels = 0;
  let bytes = 0;
  const close = async () => {
    if (pending.length === 0) return;
    const { sheet, file, tiles } = await layOut(pending.map(({ image }) => image));
    for (const [i, { key }] of pending.entries()) places[key] = [sheets.length, i, ...tiles[i]!];
    sheets.push(sheet);
    files.push(file);
    bytes += file.length;
    [pending, pixels] = [[], 0];
  };
  const seen = new Set<string>();
  /** @returns how many had no room */
  const lay = async (all: readonly Pictured[], most: number, largestEdge: number) => {
    let leftOut = 0;
    const edge = edgeFor(all.length, most - bytes, largestEdge);
    for (const what of all) {
      const key = pictureKey(what);
      if (seen.has(key)) continue;
      seen.add(key);
      if (bytes >= most) {
        leftOut++;
        continue;
      }
      const image =
        what.of === 'input' ? await source.queryPicture(what.index) : await source.picture(what.of, what.index);
      if (!image) {
        const text = await source.written?.(what);
        if (text === undefined) continue;
        written[key] = shortened(text);
        bytes += JSON.stringify(written[key]).length;
        continue;
      }
      const small = await reduced(image, edge);
      pending.push({ key, image: small });
      pixels += small.width * small.height;
      if (pixels >= SHEET_PIXELS) await close();
    }
    await close();
    return leftOut;
  };
  const leftOut = await lay(wanted, budget, LARGEST_EDGE);
  await lay(glanced, Math.min(budget, bytes + GLANCED_BYTES), GLANCED_EDGE);
  return { sheets, files, places, written, columns: source.columns, leftOut };
}

/** Characters of a text that a page shows. */
const MOST_CHARACTERS = 1000;

function shortened(text: Written): Written {
  if (typeof text !== 'string' || text.length <= MOST_CHARACTERS) return text;
  return `${text.slice(0, MOST_CHARACTERS - 1)}…`;
}

/** The edge at which so many pictures take no more than these bytes, about; small pictures are never reduced. */
function edgeFor(count: number, bytes: number, largest: number): number {
  const edge = Math.sqrt(Math.max(0, bytes) / Math.max(1, count) / BYTES_PER_PIXEL);
  return Math.min(largest, Math.max(EXACT_EDGE, BLOCK * Math.floor(edge / BLOCK)));
}

/** A picture of at most this edge. */
async function reduced(image: PixelImage, edge: number): Promise<PixelImage> {
  const { width, height, channels, data } = image;
  if (Math.max(width, height) <= edge) return image;
  const { default: sharp } = await import('sharp');
  const { data: bytes, info } = await sharp(data, { raw: { width, height, channels } })
    .resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels as 1 | 3 | 4, data: bytes };
}

/** Tiles in rows, all as large as the largest; what a smaller one leaves free repeats its edge, so that no colour bleeds in. */
async function layOut(images: readonly PixelImage[]) {
  const { default: sharp } = await import('sharp');
  const largest = Math.max(...images.map(({ width, height }) => Math.max(width, height)));
  const isExact = largest <= EXACT_EDGE && images.every(({ channels }) => channels === 1);
  const block = isExact ? 1 : BLOCK;
  const pitch = (edges: readonly number[]) => block * Math.ceil(Math.max(...edges) / block);
  const [x, y] = [pitch(images.map(({ width }) => width)), pitch(images.map(({ height }) => height))];
  const columns = Math.max(1, Math.min(images.length, Math.ceil(Math.sqrt((images.length * y) / x))));
  const [width, height] = [columns * x, Math.ceil(images.length / columns) * y];
  const pixels = new Uint8Array(3 * width * height);
  for (const [i, image] of images.entries())
    put(image, pixels, width, (i % columns) * x, Math.floor(i / columns) * y, x, y);
  const file = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .webp(isExact ? { lossless: true } : { quality: QUALITY, smartSubsample: true })
    .toBuffer();
  const sheet: Sheet = { width, height, pitch: [x, y], columns };
  return { sheet, file: new Uint8Array(file), tiles: images.map((image) => [image.width, image.height] as const) };
}

/** Copies a picture as RGB to a place; clear pixels are white. */
function put(
  image: PixelImage,
  into: Uint8Array,
  rowWidth: number,
  left: number,
  top: number,
  w: number,
  h: number,
): void {
  const { width, height, channels, data } = image;
  for (let y = 0; y < h; y++) {
    const row = Math.min(y, height - 1) * width;
    for (let x = 0; x < w; x++) {
      const from = (row + Math.min(x, width - 1)) * channels;
      const to = 3 * ((top + y) * rowWidth + left + x);
      const opacity = channels === 4 ? data[from + 3]! / 255 : 1;
      for (let c = 0; c < 3; c++) into[to + c] = data[from + (channels === 1 ? 0 : c)]! * opacity + 255 * (1 - opacity);
    }
  }
}
