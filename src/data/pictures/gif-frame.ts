/** The first frame of a GIF, for what a decoder to RGB does not tell: where it lies, and the colour around and under it. */
import type { Size } from '../dataset.js';

const HEADER = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const GRAPHIC_CONTROL = 0xf9;

/** Where the first frame lies on the screen. */
export interface GifFrame extends Size {
  readonly left: number;
  readonly top: number;
  /** Of its transparent pixels, and of all that it does not cover: the palette's transparent entry, or else its first. */
  readonly colour: readonly [number, number, number];
}

/** Undefined where the file has no frame or no palette. */
export function firstGifFrame(gif: Uint8Array): GifFrame | undefined {
  const view = new DataView(gif.buffer, gif.byteOffset, gif.byteLength);
  const global = paletteAt(gif, 10, HEADER);
  let entry = 0;
  let at = HEADER + (global?.length ?? 0);
  while (at + 10 <= gif.length) {
    if (gif[at] === IMAGE) {
      const [left, top, width, height] = [1, 3, 5, 7].map((offset) => view.getUint16(at + offset, true)) as [
        number,
        number,
        number,
        number,
      ];
      const palette = paletteAt(gif, at + 9, at + 10) ?? global;
      if (!palette || 3 * entry + 3 > palette.length) return undefined;
      const colour = [palette[3 * entry]!, palette[3 * entry + 1]!, palette[3 * entry + 2]!] as const;
      return { left, top, width, height, colour };
    }
    if (gif[at] !== EXTENSION) return undefined;
    if (gif[at + 1] === GRAPHIC_CONTROL && gif[at + 3]! & 1) entry = gif[at + 6]!;
    at += 2;
    while (at < gif.length && gif[at] !== 0) at += gif[at]! + 1;
    at++;
  }
  return undefined;
}

/** The palette that a byte of flags announces, if it does and the file holds it. */
function paletteAt(gif: Uint8Array, flagsAt: number, at: number): Uint8Array | undefined {
  const flags = gif[flagsAt] ?? 0;
  const length = 3 * 2 ** ((flags & 7) + 1);
  return flags & 0x80 && at + length <= gif.length ? gif.subarray(at, at + length) : undefined;
}
