/** Where a data set is: a bundled one by its name, or a file or folder. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../errors.js';
import { explainFileError } from '../storage/disk/error.js';
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
  try {
    const found = await stat(path);
    if (found.isDirectory()) return { path, shown, is: 'folder', head: new Uint8Array(0), ...(await listFolder(path)) };
    if (!found.isFile()) throw new InputError(`${shown}: is neither a file nor a folder`);
    return { path, shown, is: 'file', head: await readHead(path), folders: [], files: [basename(path)], hidden: [] };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing) throw explainFileError(error, shown);
    throw new InputError(
      `${shown}: no such file or folder, and no bundled data set has this name (there is ${BUNDLED.join(', ')})`,
      { cause: error },
    );
  }
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
 * @throws InputError when it cannot be read
 */
export async function listFolder(path: string): Promise<Listing> {
  const [folders, files, hidden]: [string[], string[], string[]] = [[], [], []];
  try {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (isHidden(entry.name)) {
        hidden.push(entry.name);
        continue;
      }
      // A link that leads nowhere counts as a file, so that reading it is an error with its name.
      const target = entry.isSymbolicLink() ? await stat(join(path, entry.name)).catch(() => undefined) : entry;
      if (target?.isDirectory()) folders.push(entry.name);
      else if (target === undefined || target.isFile()) files.push(entry.name);
    }
  } catch (error) {
    throw explainFileError(error, printable(path));
  }
  for (const list of [folders, files, hidden]) list.sort(byCodePoints);
  return { folders, files, hidden };
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
