/** Files below one folder, wherever that is: on a disk, or in an archive. */
import { InputError } from '../../errors.js';
import { look } from '../../files.js';
import { join } from '../../storage/paths.js';
import { byCodePoints } from '../code-points.js';
import { readImageBytes } from '../pictures/image-file.js';
import { isHidden, listFolder, type Listing } from '../place.js';
import { printable } from '../printable.js';

/** Folders and files by their paths, with `/` between the parts; the path of the tree itself is empty. */
export interface FileTree {
  /** The folder or archive, safe to show. */
  readonly shown: string;
  /** A file as messages call it. */
  readonly shownFile: (path: string) => string;
  /** @throws InputError when there is no such folder */
  readonly list: (folder: string) => Promise<Listing>;
  /** Bytes of a file. @throws InputError when there is no such file */
  readonly size: (path: string) => Promise<number>;
  /** @throws InputError when it cannot be read, or is too large for a picture */
  readonly read: (path: string) => Promise<Uint8Array>;
}

/** A path of these parts, of which some may be empty. */
export function below(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

/** The files of a folder; links are followed. */
export function folderTree(folder: string, shown: string): FileTree {
  const at = (path: string): string => join(folder, path);
  const missing = (path: string) =>
    new InputError({ file: printable(at(path)), problem: 'no such file or folder', mend: 'check the path' });
  /** What listings told: to ask for each file again would take a request each. */
  const known = new Map<string, number>();
  return {
    shown,
    shownFile: (path) => printable(at(path)),
    list: async (path) => {
      const sizes = new Map<string, number>();
      const listing = await listFolder(at(path), sizes);
      for (const [name, size] of sizes) known.set(below(path, name), size);
      return listing;
    },
    size: async (path) => {
      const size = known.get(path) ?? (await look(at(path)))?.size;
      if (size === undefined) throw missing(path);
      return size;
    },
    read: (path) => readImageBytes(at(path)),
  };
}

/** A file in an archive. */
export interface ArchiveFile {
  readonly size: number;
  readonly read: () => Promise<Uint8Array>;
}

/** The files of an archive, by paths that `entryPath` has checked. */
export function archiveTree(shown: string, files: ReadonlyMap<string, ArchiveFile>): FileTree {
  const folders = new Map([['', emptyFolder()]]);
  for (const path of files.keys()) addTo(folders, path);
  const listings = new Map([...folders].map(([path, found]) => [path, listingOf(found)]));
  const shownFile = (path: string): string => `${shown}/${printable(path)}`;
  const found = <T>(value: T | undefined, path: string): T => {
    if (value !== undefined) return value;
    throw new InputError({ file: shownFile(path), problem: 'no such file or folder', mend: 'check the path' });
  };
  return {
    shown,
    shownFile,
    list: (path) => Promise.resolve(found(listings.get(path), path)),
    size: (path) => Promise.resolve(found(files.get(path), path).size),
    read: (path) => found(files.get(path), path).read(),
  };
}

interface OpenFolder {
  readonly folders: Set<string>;
  readonly files: Set<string>;
  readonly hidden: Set<string>;
}

const emptyFolder = (): OpenFolder => ({ folders: new Set(), files: new Set(), hidden: new Set() });

function addTo(folders: Map<string, OpenFolder>, path: string): void {
  const parts = path.split('/');
  let above = '';
  for (const [i, name] of parts.entries()) {
    const folder = folders.get(above)!;
    if (isHidden(name)) {
      folder.hidden.add(name);
      return;
    }
    if (i === parts.length - 1) {
      folder.files.add(name);
      return;
    }
    folder.folders.add(name);
    above = below(above, name);
    if (!folders.has(above)) folders.set(above, emptyFolder());
  }
}

function listingOf({ folders, files, hidden }: OpenFolder): Listing {
  const sorted = (names: ReadonlySet<string>): string[] => [...names].sort(byCodePoints);
  return { folders: sorted(folders), files: sorted(files), hidden: sorted(hidden) };
}

/**
 * Trees side by side, as folders of these names. A tree that holds nothing but a folder of the same name is that folder.
 * @param shown what they are together, safe to show
 */
export async function joinedTree(
  shown: string,
  trees: readonly { readonly name: string; readonly tree: FileTree }[],
): Promise<FileTree> {
  const roots = await Promise.all(
    trees.map(async ({ name, tree }) => {
      const { folders, files } = await tree.list('');
      const only = folders.length === 1 && files.length === 0 ? folders[0]! : '';
      return { name, tree, root: only.toLowerCase() === name ? only : '' };
    }),
  );
  const at = (path: string): { readonly tree: FileTree; readonly inner: string } => {
    const [first, ...rest] = path.split('/');
    const { tree, root } = roots.find(({ name }) => name === first)!;
    return { tree, inner: below(root, ...rest) };
  };
  return {
    shown,
    shownFile: (path) => at(path).tree.shownFile(at(path).inner),
    list: (path) => {
      if (path === '') return Promise.resolve({ folders: roots.map(({ name }) => name), files: [], hidden: [] });
      return at(path).tree.list(at(path).inner);
    },
    size: (path) => at(path).tree.size(at(path).inner),
    read: (path) => at(path).tree.read(at(path).inner),
  };
}
