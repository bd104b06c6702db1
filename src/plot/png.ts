/** SVG to PNG through sharp (Node only; nothing that a browser loads may import this). */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/**
 * Draws an SVG as a PNG file.
 *
 * Text is drawn with the machine's fonts; where it has none, as in many containers, with the font that comes with this
 * package, since every letter would be an empty box otherwise. A FONTCONFIG_FILE of the user's own is respected.
 * @param scale pixels of the PNG per pixel of the SVG
 */
export async function renderPng(svg: string, scale = 2): Promise<Uint8Array> {
  offerBundledFont();
  // sharp draws one pixel per SVG pixel at 72 dots per inch.
  return await sharp(new TextEncoder().encode(svg), { density: 72 * scale })
    .png()
    .toBuffer();
}

/** fontconfig reads the variable when the first text is drawn. On macOS and Windows, fonts always exist. */
function offerBundledFont(): void {
  if ((process.platform !== 'linux' || process.env.FONTCONFIG_FILE) ?? process.env.FONTCONFIG_PATH) return;
  process.env.FONTCONFIG_FILE = fileURLToPath(new URL('../../fonts/fonts.conf', import.meta.url));
}
