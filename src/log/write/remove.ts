/** Removing segments of a log, and nothing that is not of it. */
import { InputError } from '../../errors.js';
import { readHead } from '../../files.js';
import { join } from '../../storage/paths.js';
import { storeOf } from '../../storage/registry.js';
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
  if ((await storeOf(directory).look(directory, false))?.kind !== 'folder') {
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
  const store = storeOf(directory);
  for (const path of files) await store.remove(path);
  await store.removeFolder(directory);
}

async function isOfFrames(path: string): Promise<boolean> {
  if ((await storeOf(path).look(path, false))?.kind !== 'file') return false;
  return beginsWithFrame(Buffer.from(await readHead(path, FRAME_HEADER_BYTES)));
}
