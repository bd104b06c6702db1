/** Paths of archives' entries, which may try to lead elsewhere. */
import { InputError } from '../../errors.js';
import { printable } from '../printable.js';

/** Something is wrong with an entry of an archive. */
export function entryFault(archive: string, name: string, problem: string, mend: string): InputError {
  return new InputError({ file: archive, place: `entry ${printable(name, 120)}`, problem, mend });
}

/**
 * The path of an entry below the archive, such as `train/cat/1.png` of `./train/cat/1.png`; empty for the archive itself.
 * @param archive safe to show
 * @throws InputError for a path that leads out of the archive
 */
export function entryPath(archive: string, name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const leadsOut = parts.includes('..') || name.startsWith('/') || /^[a-z]:/i.test(name) || name.includes('\\');
  if (!leadsOut) return parts.join('/');
  throw entryFault(
    archive,
    name,
    'its path leads out of the archive, or would on some system',
    'pack the files with paths below one folder and / between their parts',
  );
}

/** Adds an entry to those before it. @throws InputError where it is there already */
export function addEntry<T>(entries: Map<string, T>, archive: string, path: string, entry: T): void {
  if (entries.has(path)) throw entryFault(archive, path, 'is there twice', 'pack the files again');
  entries.set(path, entry);
}
