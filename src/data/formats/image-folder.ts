/** A folder with images in one folder per class, with `train/` and `test/` above the class folders or without. */
import { folderTree } from '../archives/file-tree.js';
import { readClassFolders } from '../pictures/class-folders.js';
import { IMAGE_ENDINGS } from '../pictures/image-file.js';
import type { Format } from '../source.js';

/** Pictures in one folder per class, whose name is the class's. */
export const imageFolderFormat: Format = {
  in: 'folder',
  expects: `one folder per class with images (${IMAGE_ENDINGS.join(' ')}), perhaps below train/ and test/`,
  matches: ({ folders }) => folders.length > 0,
  read: ({ path, shown }, request) => readClassFolders(folderTree(path, shown), request),
};
