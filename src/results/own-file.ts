/** Which files are ours (Node only): only those are replaced. */
import { open, stat } from 'node:fs/promises';
import { InputError } from '../errors.js';
import { explainFileError } from '../storage/disk/error.js';

/** Bytes by which a file is recognised. */
const HEAD_SIZE = 256;

/** How a file begins; undefined where there is none. @throws InputError when it cannot be read */
export async function headOf(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_SIZE), 0, HEAD_SIZE, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (['ENOENT', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw explainFileError(error, path);
  }
}

/**
 * Checks that a file which is about to be written is not there yet, is empty, or begins as ours do.
 * @param what ours are called in messages
 */
export async function refuseForeignFile(path: string, what: string, begins: RegExp): Promise<void> {
  // What is no file is refused, in other words, when it is written.
  if (!(await stat(path).catch(() => undefined))?.isFile()) return;
  const head = await headOf(path);
  if (head === undefined || head.trim() === '' || begins.test(head)) return;
  throw new InputError({
    file: path,
    problem: `is there already, and is no ${what} of ours`,
    mend: 'name another file, or move it away',
  });
}
