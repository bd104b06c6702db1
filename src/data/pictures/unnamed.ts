/** Pictures beside a table that it does not name. */
import { join } from '../../storage/paths.js';
import { below } from '../archives/file-tree.js';
import type { LeftOut } from '../left-out.js';
import { listFolder } from '../place.js';
import { isImageName } from './image-file.js';

const DEEPEST = 16;

/** The kind of what is left out. */
const UNNAMED = ['picture that the table does not name', 'pictures that the table does not name'] as const;

/**
 * Collects the pictures of a folder and of the folders in it that are not named.
 * @param prefix where the folder is below the data set
 * @param named paths below the folder
 */
export async function addUnnamed(
  folder: string,
  prefix: string,
  named: ReadonlySet<string>,
  rest: LeftOut,
): Promise<void> {
  const visit = async (at: string, depth: number): Promise<void> => {
    const { files, folders } = await listFolder(join(folder, at));
    const unnamed = files.map((name) => below(at, name)).filter((path) => isImageName(path) && !named.has(path));
    rest.add(UNNAMED, ...unnamed.map((path) => below(prefix, path)));
    if (depth < DEEPEST) for (const name of folders) await visit(below(at, name), depth + 1);
  };
  await visit('', 0);
}
