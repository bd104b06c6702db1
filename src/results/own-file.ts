/** Which files are ours (Node only): only those are replaced. */
import { InputError } from '../errors.js';
import { look, readHead } from '../files.js';

/** Bytes by which a file is recognised. */
const HEAD_SIZE = 256;

/** How a file begins; undefined where there is none. @throws InputError when it cannot be read */
export async function headOf(path: string): Promise<string | undefined> {
  const found = await look(path);
  if (!found || found.kind === 'folder') return undefined;
  return new TextDecoder().decode(await readHead(path, HEAD_SIZE));
}

/**
 * Checks that a file which is about to be written is not there yet, is empty, or begins as ours do.
 * @param what ours are called in messages
 */
export async function refuseForeignFile(path: string, what: string, begins: RegExp): Promise<void> {
  // What is no file is refused, in other words, when it is written.
  if ((await look(path))?.kind !== 'file') return;
  const head = await headOf(path);
  if (head === undefined || head.trim() === '' || begins.test(head)) return;
  throw new InputError({
    file: path,
    problem: `is there already, and is no ${what} of ours`,
    mend: 'name another file, or move it away',
  });
}
