/** Files, Node only: whole or not at all, wherever they live, with messages that a user can act on. */
import { createHash } from 'node:crypto';
import { InputError } from './errors.js';
import { storeOf } from './storage/registry.js';
import type { Content, Found } from './storage/store.js';

/** Reads a whole file. @throws InputError when it cannot be read, or is a device or pipe, which may never end */
export function readBytes(path: string): Promise<Uint8Array> {
  return storeOf(path).read(path);
}

/** Looks at what is under a path, through links; undefined where there is nothing. */
export function look(path: string): Promise<Found | undefined> {
  return storeOf(path).look(path);
}

/** How a file begins: as many bytes as it has, up to `bytes`. @throws InputError when it cannot be read */
export async function readHead(path: string, bytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of storeOf(path).stream(path, { end: bytes })) parts.push(part);
  return Buffer.concat(parts);
}

/**
 * Writes a file so that a reader sees the old file or the whole new one. Folders above it are made.
 * @param content the content, or pieces of it in order (so that large content need not be joined)
 * @param unfinished what the file is called until it is whole: a name that can be nobody else's. By default a random one
 */
export async function writeAtomically(path: string, content: Content, unfinished?: string): Promise<void> {
  await storeOf(path).write(path, content, { unfinished });
}

/**
 * Checks that results can go into a folder, and leaves everything as it is: a command that is refused later on has made
 * nothing. The folder is made with the first file that is written into it.
 * @throws InputError when it holds something already and `force` is not set, or nothing can be written there
 */
export async function checkOutput(directory: string, force: boolean): Promise<void> {
  const holdsAny = await storeOf(directory).checkFolder(directory);
  if (!holdsAny || force) return;
  throw new InputError({
    file: directory,
    problem: 'the folder is not empty',
    mend: 'choose another `out` or give `force`',
  });
}

/** SHA-256 of bytes, in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a file, in hex, read as a stream. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of storeOf(path).stream(path)) hash.update(chunk);
  return hash.digest('hex');
}
