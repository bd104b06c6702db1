/** Files on a disk (Node only). */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readSync,
  type Dirent,
  type Stats,
} from 'node:fs';
import {
  access,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../../errors.js';
import {
  Conflict,
  CutShort,
  tooLarge,
  type Content,
  type Entry,
  type FileFound,
  type Kind,
  type Store,
} from '../store.js';
import { explainFileError } from './error.js';

const CHUNK = 1 << 20;

/** What is said of names that no file has, or can have. */
const NOTHING: readonly string[] = ['ENOENT', 'ENOTDIR', 'ERR_INVALID_ARG_VALUE'];

/** Node reads no more than 2 GiB in one call. */
const LARGEST_READ = 2 ** 30;

/** The disks of this computer, and what is mounted among them. */
export const diskStore: Store = {
  keepsVersions: false,
  look: async (path, followLinks = true) => {
    try {
      const found = await (followLinks ? stat(path) : lstat(path));
      return { kind: kindOf(found), size: found.isFile() ? found.size : 0, modified: found.mtimeMs };
    } catch (error) {
      if (NOTHING.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw explainFileError(error, path);
    }
  },
  list: async (folder) => {
    try {
      return (await readdir(folder, { withFileTypes: true })).map((entry): Entry => ({
        name: entry.name,
        kind: kindOf(entry),
      }));
    } catch (error) {
      throw explainFileError(error, folder);
    }
  },
  files: async (folder) => {
    const files = new Map<string, FileFound>();
    await collect(folder, '', files).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw explainFileError(error, folder);
    });
    return files;
  },
  read: async (path, largest = Infinity) => {
    try {
      const found = await stat(path);
      if (found.isFile() && found.size > largest) throw tooLarge(path, found.size);
      if (!found.isFile() && !found.isDirectory()) {
        throw new InputError({
          file: path,
          problem: 'is a device or a pipe, expected a file',
          mend: 'save what it gives to one',
        });
      }
      return await readFile(path);
    } catch (error) {
      throw explainFileError(error, path);
    }
  },
  readInto,
  readNow,
  stream,
  write: async (
    path,
    content,
    { only, unfinished = `${basename(path)}.${randomBytes(4).toString('hex')}.part` } = {},
  ) => {
    const aside = join(dirname(path), unfinished);
    const standing = await stat(path).catch(() => undefined);
    if (standing && !standing.isFile() && !standing.isDirectory()) {
      // Renaming a file over it would take the device away, from everybody.
      throw new InputError({ file: path, problem: 'is a device or a pipe, expected a file', mend: 'name a file' });
    }
    try {
      await makeFolder(dirname(path));
      await rm(aside, { force: true });
      await writeSynced(aside, content);
      if (only && 'absent' in only) await linkInto(aside, path);
      else await rename(aside, path);
    } catch (error) {
      // What stood in the way of writing may stand in the way of this too.
      await rm(aside, { force: true }).catch(() => undefined);
      throw explainFileError(error, path);
    }
    return undefined;
  },
  real: (path) => realpath(path).catch(() => resolve(path)),
  remove: async (path) => {
    await rm(path, { force: true }).catch((error: unknown) => {
      throw explainFileError(error, path);
    });
  },
  removeFolder: async (path) => {
    try {
      await rmdir(path);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return true;
      if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code ?? '')) return false;
      throw explainFileError(error, path);
    }
  },
  checkFolder: async (path) => {
    try {
      const existing = await nearestExisting(resolve(path));
      await access(existing, constants.W_OK);
      const entries = await readdir(existing);
      return existing === resolve(path) && entries.length > 0;
    } catch (error) {
      const isFile = (error as NodeJS.ErrnoException).code === 'ENOTDIR' && (await isThere(path).catch(() => false));
      throw isFile
        ? new InputError({ file: path, problem: 'is a file, expected a folder', mend: 'choose another path' })
        : explainFileError(error, path);
    }
  },
};

function kindOf(entry: Stats | Dirent): Kind {
  return entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'other';
}

/** Files below a folder; a link counts as what it leads to, which is never far: a system follows so many links and no more. */
async function collect(folder: string, below: string, files: Map<string, FileFound>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const found = entry.isDirectory() ? undefined : await stat(path).catch(() => undefined);
    if (entry.isDirectory() || found?.isDirectory()) await collect(path, `${below}${entry.name}/`, files);
    else if (found?.isFile()) files.set(below + entry.name, { size: found.size });
  }
}

async function readInto(path: string, offset: number, into: Uint8Array): Promise<void> {
  try {
    const file = await open(path);
    try {
      for (let done = 0; done < into.length;) {
        const { bytesRead } = await file.read(into, done, Math.min(into.length - done, LARGEST_READ), offset + done);
        if (bytesRead === 0) throw new CutShort((await file.stat()).size);
        done += bytesRead;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw explainFileError(error, path);
  }
}

function readNow(path: string, offset: number, into: Uint8Array): void {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size < offset + into.length) throw new CutShort(size);
      for (let done = 0; done < into.length;) {
        const read = readSync(file, into, done, Math.min(into.length - done, LARGEST_READ), offset + done);
        if (read === 0) throw new CutShort(offset + done);
        done += read;
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw explainFileError(error, path);
  }
}

async function* stream(path: string, { start = 0, end = Infinity }: { start?: number; end?: number } = {}) {
  if (end <= start) return;
  try {
    yield* createReadStream(path, { start, end: end - 1, highWaterMark: CHUNK }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw explainFileError(error, path);
  }
}

async function writeSynced(path: string, content: Content): Promise<void> {
  const file = await open(path, 'wx');
  try {
    if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content);
    else for await (const part of content) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a file its name, which nothing may have. */
async function linkInto(aside: string, path: string): Promise<void> {
  await link(aside, path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Conflict(
      { file: path, problem: 'is there already: another process has written it', mend: 'look at what it is' },
      { cause: error },
    );
  });
  await rm(aside);
}

/**
 * Makes a folder and those above it, where they are missing. Node's own recursive mkdir never returns below a folder that
 * says it has no such entry, as /proc does.
 * @throws the operating system's error
 */
export async function makeFolder(path: string): Promise<void> {
  const make = () =>
    mkdir(path).catch(async (error: unknown) => {
      const exists = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory();
      if (!exists) throw error;
    });
  try {
    await make();
  } catch (error) {
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path) throw error;
    await makeFolder(above);
    await make();
  }
}

/** The path itself, or what is there of it. */
async function nearestExisting(path: string): Promise<string> {
  return (await isThere(path)) || dirname(path) === path ? path : nearestExisting(dirname(path));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    },
  );
}
