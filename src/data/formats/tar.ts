/** A tar archive of images in class folders, gzipped or not. */
import { constants, gunzipSync } from 'node:zlib';
import { imagesIn } from '../archives/image-archive.js';
import { openTar } from '../archives/tar.js';
import type { Format, Place } from '../source.js';

const NAME = /\.(tar|tgz|tar\.gz)$/i;

/** Where the format says its name. */
const MAGIC = 257;

/** Reader of image folders in a tar archive. */
export const tarFormat: Format = {
  in: 'file',
  expects: 'a .tar or .tar.gz of class folders with images',
  matches: (place) => NAME.test(place.path) || isTar(place),
  read: async ({ path }, request) => {
    const { tree, names } = await openTar(path, request.memoryLimit);
    return imagesIn(tree, names, request);
  },
};

function isTar({ head }: Place): boolean {
  const start = head[0] === 0x1f && head[1] === 0x8b ? unpacked(head) : head;
  return Buffer.from(start.subarray(MAGIC, MAGIC + 5)).toString('latin1') === 'ustar';
}

/** The first bytes of a gzipped file, of which only the first bytes are there. */
function unpacked(head: Uint8Array): Uint8Array {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array(0);
  }
}
