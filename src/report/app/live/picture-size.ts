/** How large a picture is, from the first bytes of its file: before anything that could fill the memory is decoded. */

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Bytes of a file that are looked at; of a JPEG, what cameras write stands in front. */
export const HEAD_BYTES = 2 ** 20;

/** Finds the size in a file of one format; undefined where it is of another, or cut short. */
type Finder = (bytes: Uint8Array, view: DataView) => Size | undefined;

const text = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));

const png: Finder = (bytes, view) =>
  text(bytes, 1, 4) === 'PNG' && text(bytes, 12, 16) === 'IHDR'
    ? { width: view.getUint32(16), height: view.getUint32(20) }
    : undefined;

const gif: Finder = (bytes, view) =>
  text(bytes, 0, 4) === 'GIF8' ? { width: view.getUint16(6, true), height: view.getUint16(8, true) } : undefined;

/** Segments follow one another; that of the frame has the size. */
const jpeg: Finder = (bytes, view) => {
  if (view.getUint16(0) !== 0xffd8) return undefined;
  let at = 2;
  for (;;) {
    if (bytes[at] !== 0xff) return undefined;
    const kind = bytes[at + 1]!;
    // Bytes that fill up may stand in front of a kind.
    if (kind === 0xff) at++;
    else if (kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind)) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    } else at += 2 + view.getUint16(at + 2);
  }
};

const webp: Finder = (bytes, view) => {
  if (text(bytes, 0, 4) !== 'RIFF' || text(bytes, 8, 12) !== 'WEBP') return undefined;
  switch (text(bytes, 12, 16)) {
    case 'VP8 ':
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return {
        width: (view.getUint32(24, true) & 0xffffff) + 1,
        height: (view.getUint32(26, true) >> 8) + 1,
      };
    default:
      return undefined;
  }
};

/**
 * The size of a picture.
 * @param bytes the beginning of its file
 * @returns undefined for what is no PNG, JPEG, GIF or WebP, or ends before it says
 */
export function pictureSize(bytes: Uint8Array): Size | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const find of [png, jpeg, gif, webp]) {
    try {
      const size = find(bytes, view);
      if (size) return size;
    } catch {
      // Cut short.
    }
  }
  return undefined;
}
