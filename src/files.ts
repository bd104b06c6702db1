/** Files, Node only: whole or not at all, with messages that a user can act on. */
import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from './errors.js';

/** What an error of the operating system means to the user; other errors are passed on as they are. */
export function explainFileError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const reasons: Record<string, string> = {
    ENOENT: 'no such file or folder; check the path',
    EACCES: 'permission denied; check who owns it',
    EPERM: 'permission denied; check who owns it',
    EISDIR: 'is a folder, expected a file',
    EBUSY: 'is in use, as a folder or a device is; choose another path',
    ENOTEMPTY: 'is a folder, expected a file',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EEXIST: 'is a file, expected a folder; choose another path',
    ENOSPC: 'the disk is full; free some space and run the command again',
    EDQUOT: 'the disk quota is used up; free some space and run the command again',
    EFBIG: 'the file would be larger than this system allows; raise the limit (ulimit -f)',
    EROFS: 'the file system is read-only; choose another place',
    ENAMETOOLONG: 'the path is too long',
    ELOOP: 'is a symbolic link that leads back to itself',
    ERR_FS_FILE_TOO_LARGE: 'is larger than 2 GiB, more than is read at once',
    EMFILE: 'too many open files; raise the limit (ulimit -n)',
  };
  // What the operating system calls E… is no fault of ours, also where there are no better words for it.
  const isSystems = /^E[A-Z0-9]+$/.test(code ?? '') && typeof (error as { syscall?: unknown }).syscall === 'string';
  const reason = reasons[code ?? ''] ?? (isSystems ? (error as Error).message : undefined);
  if (reason === undefined) return error;
  const [problem = reason, mend] = reason.split('; ');
  return new InputError({ file: path, problem, mend }, { cause: error });
}

/** Reads a whole file. @throws InputError when it cannot be read, or is a device or pipe, which may never end */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
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

/**
 * Writes a file beside its place, syncs it and renames it into place: a reader sees the old file or the whole new one.
 * Folders above it are made.
 * @param parts the content, or pieces of it in order (so that large content need not be joined)
 * @param unfinished what the file is called until it is whole: a name that can be nobody else's. By default a random one
 */
export async function writeAtomically(
  path: string,
  parts: string | Uint8Array | Iterable<Uint8Array>,
  unfinished = `${basename(path)}.${randomBytes(4).toString('hex')}.part`,
): Promise<void> {
  const aside = join(dirname(path), unfinished);
  const standing = await stat(path).catch(() => undefined);
  if (standing && !standing.isFile() && !standing.isDirectory()) {
    // Renaming a file over it would take the device away, from everybody.
    throw new InputError({ file: path, problem: 'is a device or a pipe, expected a file', mend: 'name a file' });
  }
  try {
    await makeFolder(dirname(path));
    await rm(aside, { force: true });
    const file = await open(aside, 'wx');
    try {
      if (typeof parts === 'string') await file.writeFile(parts);
      else if (parts instanceof Uint8Array) await file.writeFile(parts);
      else for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    // What stood in the way of writing may stand in the way of this too.
    await rm(aside, { force: true }).catch(() => undefined);
    throw explainFileError(error, path);
  }
}

/**
 * Checks that results can go into a folder, and leaves everything as it is: a command that is refused later on has made
 * nothing. The folder is made with the first file that is written into it.
 * @throws InputError when it holds something already and `force` is not set, or nothing can be written there
 */
export async function checkOutput(directory: string, force: boolean): Promise<void> {
  try {
    const existing = await nearestExisting(resolve(directory));
    await access(existing, constants.W_OK);
    const entries = await readdir(existing);
    if (existing === resolve(directory) && !force && entries.length > 0) {
      throw new InputError({
        file: directory,
        problem: 'the folder is not empty',
        mend: 'choose another `out` or give `force`',
      });
    }
  } catch (error) {
    const isFile = (error as NodeJS.ErrnoException).code === 'ENOTDIR' && (await isThere(directory).catch(() => false));
    throw isFile
      ? new InputError({ file: directory, problem: 'is a file, expected a folder', mend: 'choose another path' })
      : explainFileError(error, directory);
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

/** SHA-256 of bytes, in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a file, in hex, read as a stream. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch (error) {
    throw explainFileError(error, path);
  }
  return hash.digest('hex');
}
