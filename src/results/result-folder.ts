/** Folders that results go into (Node only): what of a folder may be replaced. */
import { readdir, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { InputError } from '../errors.js';
import { checkOutput } from '../files.js';
import { TOOL } from '../tool.js';
import { headOf } from './own-file.js';

/** What commands write at the top of a folder of results. */
const WRITTEN =
  /^(?:result\.json|index\.html|(?:suspects|series)\.csv|plots|query-\d+|(?:alpha|self-values)\.npy|(?:reconstruction-(?:train|test)|accuracy|found)\.(?:svg|png))$/;

/** How a result of ours begins, of any kind and version. */
const HEAD = new RegExp(`^\\{"kind":"[a-z]+","schemaVersion":\\d+,"tool":\\{"name":"${TOOL.name}"`);

/**
 * Checks that results can go into a folder, and leaves everything as it is.
 * @param force replace results of ours that are in the folder; files by their names that are not ours stay even so
 * @param read files that the command reads, which must not be replaced; specs such as `data.npz@3` will do
 * @throws InputError when the folder holds something and `force` is not set, when what would be replaced is not ours or is
 *   read, or when nothing can be written there
 */
export async function checkResultFolder(
  directory: string,
  force: boolean,
  read: readonly (string | undefined)[] = [],
): Promise<void> {
  await checkOutput(directory, force);
  if (!force) return;
  const names = await readdir(directory).catch((): string[] => []);
  const written = names.find((name) => WRITTEN.test(name));
  if (written === undefined) return;
  if (!HEAD.test((await headOf(join(directory, 'result.json'))) ?? '')) {
    throw new InputError({
      file: join(directory, written),
      problem: 'would be replaced, but the folder holds no result of ours',
      mend: 'move the file away, or choose another `out`',
    });
  }
  const folder = await realpath(directory);
  for (const path of read) {
    if (path === undefined) continue;
    const real = await realpath(path).catch(() => realpath(path.replace(/@[^@]*$/, '')).catch(() => undefined));
    if (real === undefined) continue;
    const inside = relative(folder, real);
    if (inside.startsWith('..') || !WRITTEN.test(inside.split(sep)[0]!)) continue;
    throw new InputError({
      file: path,
      problem: `is read, and lies among the results in ${directory} that would be replaced`,
      mend: 'choose another `out`',
    });
  }
}
