/** One training at a time in a run directory (Node only). */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InputError } from '../errors.js';
import { explainFileError } from '../storage/disk/error.js';
import { makeFolder } from '../storage/disk/store.js';
import { isHeld, LOCK_FILE, releaseLock, sweepLocks, takeLock } from './lock-file.js';

/** How often the lock is touched; see `SILENCE_SECONDS`. */
export const HEARTBEAT_SECONDS = 2;

/** A run directory that is this process's. */
export interface RunLock {
  /** Identifier of the run whose training was killed while it held the lock. */
  readonly previousRun: string | undefined;
  /** @throws InputError when another process has taken the lock over: this one was not heard of for too long */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Locks a run directory, which is made where it is missing. A lock whose process is gone is taken over: at once where that
 * can be seen, and of a process in another container or on another machine once it has been silent for a minute.
 * @param run identifier of the run that will be written
 * @throws InputError when another training holds it
 */
export async function lockRun(runDirectory: string, run: string): Promise<RunLock> {
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
      throw new InputError({
        file: runDirectory,
        problem: 'another training has taken the folder over, because this one was stopped for too long',
        mend: 'leave it to the other one',
      });
    },
    release: async () => {
      await heartbeat.terminate();
      await releaseLock(lock, run);
    },
  };
}
