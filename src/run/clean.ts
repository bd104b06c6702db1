/** Removing what does not belong to a run: an earlier run in the same folder, or what a crash left half-done. */
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { explainFileError, unfinishedWrite } from '../files.js';
import { logPath } from '../log/format/segment.js';
import { CHECKPOINTS, RUN_FILES, type CheckpointRecord } from './manifest.js';

/** What run.json is called while the run is being removed: nobody takes what is left for a run, and the rest can still go. */
const REMOVED_MANIFEST = `${RUN_FILES.manifest}.removed`;

/** Removes the run in a folder, if there is one. Other files stay. The caller holds the lock. */
export async function clearRun(runDirectory: string): Promise<void> {
  const names = await namesIn(runDirectory);
  const manifest = join(runDirectory, RUN_FILES.manifest);
  const removed = join(runDirectory, REMOVED_MANIFEST);
  try {
    if (names.includes(RUN_FILES.manifest)) await rename(manifest, removed);
    else if (!names.includes(REMOVED_MANIFEST)) return;
    for (const path of [...Object.values(RUN_FILES).map((name) => join(runDirectory, name)), logPath(runDirectory)]) {
      await rm(path, { recursive: true, force: true });
    }
    await rm(join(runDirectory, CHECKPOINTS), { recursive: true, force: true });
    await rm(removed);
  } catch (error) {
    throw explainFileError(error, runDirectory);
  }
}

/**
 * Removes what a crash left in a run that is to be continued: files that were being written, checkpoints that the
 * manifest does not name (yet, or any more), and half-removed segments of the log. The caller holds the lock.
 */
export async function sweepRun(runDirectory: string, checkpoints: readonly CheckpointRecord[]): Promise<void> {
  const kept = checkpoints.flatMap(({ model, state }) => [basename(model), `${basename(model)}.data`, basename(state)]);
  const own = Object.values(RUN_FILES).flatMap((name) => [name, `${name}.data`]);
  const isLeft: readonly (readonly [string, (name: string) => boolean])[] = [
    [runDirectory, (name) => own.includes(unfinishedWrite(name) ?? '')],
    [join(runDirectory, CHECKPOINTS), (name) => name.startsWith('step-') && !kept.includes(name)],
    [logPath(runDirectory), (name) => /^segment-\d+\.removed$/.test(name)],
  ];
  for (const [folder, matches] of isLeft) {
    for (const name of (await namesIn(folder)).filter(matches)) await rm(join(folder, name), { recursive: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw explainFileError(error, folder);
  }
}
