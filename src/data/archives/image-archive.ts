/** An archive of images in class folders, read in place. */
import { InputError } from '../../errors.js';
import { readClassFolders } from '../pictures/class-folders.js';
import { isImageName } from '../pictures/image-file.js';
import { printable, someOf } from '../printable.js';
import type { ReadRequest, Source } from '../source.js';
import { conversionOf } from '../formats/unread-files.js';
import type { FileTree } from './file-tree.js';

/** The table that says what pictures show, where class folders do not. */
const METADATA = /(^|\/)metadata\.(csv|jsonl|parquet)$/i;

/**
 * Reads the class folders of an archive, as they would be read once it is unpacked.
 * @param names paths of its files
 * @throws InputError when it holds no images, or not as it should
 */
export async function imagesIn(tree: FileTree, names: readonly string[], request: ReadRequest): Promise<Source> {
  const described = names.find((name) => METADATA.test(name));
  if (described !== undefined) {
    throw new InputError({
      file: tree.shown,
      place: `entry ${printable(described, 120)}`,
      problem: 'tables that name pictures are not read in archives',
      mend: 'unpack it first and give the folder',
    });
  }
  if (names.some(isImageName)) return readClassFolders(tree, request);
  throw new InputError({
    file: tree.shown,
    problem: `the archive holds neither images nor NumPy arrays; found ${someOf(names, 4)}`,
    mend: conversionOf([tree.shown, ...names]) ?? 'unpack it first and give what is in it',
  });
}
