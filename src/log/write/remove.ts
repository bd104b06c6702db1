/** Removing segments of a log, and nothing that is not of it. */
import { lstat, open, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { explainFileError } from '../../storage/disk/error.js';
import { beginsWithFrame } from '../format/frame.js';
import { columnPath, headerPath, namesIn, readHeader, residualPath, STEPS } from '../format/segment.js';

const FRAME_HEADER_BYTES = 12;

/**
 * The files of a segment that are provably a run's: its header says so, and names them; each is one of frames.
 * @param run identifier of the run
 * @returns paths in the order in which they must go, so that what is left after a crash is known as well; undefined for a
 *   folder that is not a segment of the run
 * @throws InputError for a folder that is a symbolic link, and for a file that is in the place of one of the run's
 */
export async function segmentFiles(directory: string, run: string): Promise<string[] | undefined> {
  if (!(await lstat(directory)).isDirectory()) {
    throw new InputError({ file: directory, problem: 'is not a folder of the log', mend: 'move it away' });
  }
  const names = new Set(await namesIn(directory));
  const header = await readHeader(directory);
  if (header && header.run !== run) return undefined;
  const files = (header?.layers ?? []).map(({ file }) => file);
  const columns = header ? [STEPS, ...files].map((file) => columnPath(directory, file)) : [];
  const own = [
    ...['seal.log', 'seal.log.part'].map((name) => join(directory, name)).filter(() => header),
    ...files.map((file) => residualPath(directory, file)),
    ...columns,
    headerPath(directory),
  ].filter((path) => names.has(path.slice(directory.length + 1)));
  for (const path of own) {
    if (await isOfFrames(path)) continue;
    throw new InputError({ file: path, problem: 'is not what the run wrote there', mend: 'move it away or delete it' });
  }
  return own;
}

/** Removes files of a segment, and its folder if nothing else is in it. */
export async function removeSegment(directory: string, files: readonly string[]): Promise<void> {
  try {
    for (const path of files) await rm(path, { force: true });
  } catch (error) {
    throw explainFileError(error, directory);
  }
  await removeIfEmpty(directory);
}

/** Removes a folder that holds nothing. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code ?? '')) throw explainFileError(error, folder);
  });
}

async function isOfFrames(path: string): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false;
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(FRAME_HEADER_BYTES), 0, FRAME_HEADER_BYTES, 0);
    return beginsWithFrame(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
