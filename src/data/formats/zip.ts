/** A ZIP archive: of NumPy arrays, as `.npz` is one, or of images in class folders. */
import { imagesIn } from '../archives/image-archive.js';
import { withZip } from '../archives/zip.js';
import type { Format } from '../source.js';
import { readNpz } from './npz.js';

/** Reader of `.npz` files and of zipped image folders. */
export const zipFormat: Format = {
  in: 'file',
  expects: 'an .npz file with the arrays x and y; a .zip of class folders with images',
  matches: ({ head }) => head[0] === 0x50 && head[1] === 0x4b,
  read: (place, request) =>
    withZip(place.path, (archive) => {
      if (archive.names.some((name) => name.endsWith('.npy')) || /\.npz$/i.test(place.path)) {
        return readNpz(place, request, archive);
      }
      return imagesIn(archive.tree(), archive.names, request);
    }),
};
