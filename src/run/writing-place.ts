/** Where a training writes its run (Node only): the run directory, or a folder from which what is safe goes to a store. */
import { join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import type { RunManifest } from './manifest.js';
import type { RunLock } from './run-lock.js';
import { openStaging, type WritingPlace } from './staging.js';

/**
 * Opens the place that a run is written into.
 * @param lock of the run directory
 * @param resume the manifest of a run that is continued
 */
export async function openWritingPlace(
  runDirectory: string,
  lock: Pick<RunLock, 'check'>,
  resume: RunManifest | undefined,
): Promise<WritingPlace> {
  const store = storeOf(runDirectory);
  if (store.keepsVersions) return openStaging(runDirectory, lock, resume);
  return {
    folder: runDirectory,
    warnings: [],
    saved: async (_, dropped = []) => {
      for (const path of dropped) await store.remove(join(runDirectory, path));
    },
    settle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
