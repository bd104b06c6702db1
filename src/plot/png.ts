/** SVG to PNG through sharp (Node only; nothing that a browser loads may import this). */
import { fileURLToPath } from 'node:url';

/**
 * Draws an SVG as a PNG file.
 *
 * Text is drawn with the machine's fonts; where it has none, as in many containers, with the font that comes with this
 * package, since every letter would be an empty box otherwise. A FONTCONFIG_FILE of the user's own is respected.
 * @param scale pixels of the PNG per pixel of the SVG; fewer where the picture would be larger than what draws it, and
 *   most viewers, can take
 */
export async function renderPng(svg: string, scale = 2): Promise<Uint8Array> {
  offerBundledFont();
  // Loaded here: it takes a tenth of a second, and most commands draw nothing.
  const { default: sharp } = await import('sharp');
  // sharp draws one pixel per SVG pixel at 72 dots per inch.
  return await sharp(new TextEncoder().encode(svg), { density: 72 * fittingScale(svg, scale) })
    .png()
    .toBuffer();
}

/** Longest edge of a PNG: cairo draws none above 32,767, and browsers show none above 16,384. */
const LONGEST_EDGE = 16_384;
/** Most pixels of a PNG: 256 MiB while it is drawn. */
const MOST_PIXELS = 2 ** 26;

/** The scale, or the largest at which the picture can be drawn. @param svg as `svgDocument` writes it */
function fittingScale(svg: string, scale: number): number {
  const [, width, height] = /^<svg[^>]*? width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  if (width === undefined || height === undefined) throw new Error('internal: an SVG that does not say its size');
  const [w, h] = [Number(width), Number(height)];
  return Math.min(scale, LONGEST_EDGE / Math.max(w, h), Math.sqrt(MOST_PIXELS / (w * h)));
}

/** fontconfig reads the variable when the first text is drawn. On macOS and Windows, fonts always exist. */
function offerBundledFont(): void {
  if ((process.platform !== 'linux' || process.env.FONTCONFIG_FILE) ?? process.env.FONTCONFIG_PATH) return;
  process.env.FONTCONFIG_FILE = fileURLToPath(new URL('../../fonts/fonts.conf', import.meta.url));
}
