/** Where a data set is: a bundled one by its name, or a file or folder. */
import { fileURLToPath } from 'node:url';
import { InputError } from '../errors.js';
import { look, readHead } from '../files.js';
import { basename, join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { byCodePoints } from './code-points.js';
import { printable } from './printable.js';
import type { Place } from './source.js';

/** Data sets that come with the package: their names are specs, their folders lie in `data/`. */
export const BUNDLED = ['fashion-mnist-sample'] as const;

const HEAD_BYTES = 4096;

/** Whether a spec names a bundled data set. */
export function isBundled(spec: string): boolean {
  return (BUNDLED as readonly string[]).includes(spec);
}

/** What a data set is called: its bundled name or the last part of its path, safe to show. */
export function placeName(spec: string): string {
  return printable(basename(spec) || spec, 80);
}

/**
 * Looks at what a spec names.
 * @throws InputError when there is nothing, or nothing readable
 */
export async function findPlace(spec: string): Promise<Place> {
  if (spec === '') throw new InputError(`the data set has no name; give a folder, a file or ${BUNDLED.join(', ')}`);
  const path = isBundled(spec) ? fileURLToPath(new URL(`../../data/${spec}`, import.meta.url)) : spec;
  const shown = printable(spec);
  const found = await look(path);
  if (!found) {
    throw new InputError(
      `${shown}: no such file or folder, and no bundled data set has this name (there is ${BUNDLED.join(', ')})`,
    );
  }
  const { kind } = found;
  if (kind === 'folder') return { path, shown, is: 'folder', head: new Uint8Array(0), ...(await listFolder(path)) };
  if (kind !== 'file') throw new InputError(`${shown}: is neither a file nor a folder`);
  const head = await readHead(path, HEAD_BYTES);
  return { path, shown, is: 'file', head, folders: [], files: [basename(path)], hidden: [] };
}

/** What a folder holds, each list in the order of code points. */
export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Hidden entries and the leftovers of archivers, which are in none of the other lists. */
  readonly hidden: readonly string[];
}

/** Whether an entry of a folder is hidden, or left there by an archiver. */
export function isHidden(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

/**
 * Sub-folders and regular files by name; links are followed.
 * @param sizes receives the bytes of files by name, where listing a folder tells them
 * @throws InputError when it cannot be read
 */
export async function listFolder(path: string, sizes?: Map<string, number>): Promise<Listing> {
  const [folders, files, hidden]: [string[], string[], string[]] = [[], [], []];
  for (const { name, kind, size } of await storeOf(path).list(path)) {
    if (isHidden(name)) {
      hidden.push(name);
      continue;
    }
    // A link that leads nowhere counts as a file, so that reading it is an error with its name.
    const target = kind === 'link' ? ((await look(join(path, name)).catch(() => undefined))?.kind ?? 'file') : kind;
    if (target === 'folder') folders.push(name);
    else if (target === 'file') files.push(name);
    if (size !== undefined) sizes?.set(name, size);
  }
  for (const list of [folders, files, hidden]) list.sort(byCodePoints);
  return { folders, files, hidden };
}
