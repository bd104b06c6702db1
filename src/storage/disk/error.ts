/** What errors of the operating system mean to the user. */
import { InputError } from '../../errors.js';
import { NotThere } from '../store.js';

const REASONS: Readonly<Record<string, string>> = {
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

/** What an error of the operating system means to the user; other errors are passed on as they are. */
export function explainFileError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  // What the operating system calls E… is no fault of ours, also where there are no better words for it.
  const isSystems = /^E[A-Z0-9]+$/.test(code ?? '') && typeof (error as { syscall?: unknown }).syscall === 'string';
  const reason = REASONS[code ?? ''] ?? (isSystems ? (error as Error).message : undefined);
  if (reason === undefined) return error;
  const [problem = reason, mend] = reason.split('; ');
  const Kind = code === 'ENOENT' ? NotThere : InputError;
  return new Kind({ file: path, problem, mend }, { cause: error });
}
