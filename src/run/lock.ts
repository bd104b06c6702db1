/** One training at a time in a run directory (Node only). */
import { Worker } from 'node:worker_threads';
import { explainFileError } from '../storage/disk/error.js';
import { makeFolder } from '../storage/disk/store.js';
import { join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { isHeld, LOCK_FILE, releaseLock, sweepLocks, takeLock } from './lock-file.js';
import { HEARTBEAT_SECONDS, takenOver, type RunLock } from './run-lock.js';
import { lockStored } from './stored-lock.js';

/**
 * Locks a run directory, which is made where it is missing. A lock whose process is gone is taken over: at once where that
 * can be seen, and of a process in another container or on another machine once it has been silent for a minute.
 * @param run identifier of the run that will be written
 * @throws InputError when another training holds it
 */
export async function lockRun(runDirectory: string, run: string): Promise<RunLock> {
  if (storeOf(runDirectory).keepsVersions) return lockStored(runDirectory, run);
  await makeFolder(runDirectory).catch((error: unknown) => {
    throw explainFileError(error, runDirectory);
  });
  const lock = await takeLock(join(runDirectory, LOCK_FILE), run);
  await sweepLocks(lock);
  // A thread of its own: a step of a large model holds up this one for minutes.
  const heartbeat = new Worker(new URL('./heartbeat-thread.js', import.meta.url), {
    workerData: { descriptor: lock.handle.fd, text: lock.text, seconds: HEARTBEAT_SECONDS },
  });
  heartbeat.unref();
  // A disk that refuses a sign of life will refuse what is to be written, too; that is reported there.
  heartbeat.on('error', () => undefined);
  return {
    previousRun: lock.previous?.run,
    check: async () => {
      if (await isHeld(lock)) return;
      throw takenOver(runDirectory);
    },
    release: async () => {
      await heartbeat.terminate();
      await releaseLock(lock, run);
    },
  };
}
