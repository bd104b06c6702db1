/** How lists name examples: by paths that a shell in the current folder opens. */
import { sep } from 'node:path';
import { relative } from '../storage/paths.js';
import type { Dataset } from '../data/dataset.js';
import { isBundled } from '../data/place.js';
import type { ListContext } from '../lists/columns.js';

/**
 * What the lists of a result are made with.
 * @param data the data set that its examples are of
 */
export function listContext(classNames: readonly string[], data: Pick<Dataset, 'path'> | undefined): ListContext {
  return { classNames, dataPath: data?.path === undefined ? undefined : shellPath(data.path), isBundled };
}

/** A path as it is typed in the current folder: relative where that does not climb out of it. */
export function shellPath(path: string): string {
  const here = relative('', path);
  return here === '' ? '.' : here.startsWith(`..${sep}`) || here === '..' ? path : here;
}
