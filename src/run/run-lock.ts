/** What a held lock of a run is to whoever trains. */
import { InputError } from '../errors.js';

/** How often the lock is touched; see `SILENCE_SECONDS`. */
export const HEARTBEAT_SECONDS = 2;

/** The same in a store, where each touch is a request that is paid for. */
export const STORED_HEARTBEAT_SECONDS = 10;

/** A run directory that is this process's. */
export interface RunLock {
  /** Identifier of the run whose training was killed while it held the lock. */
  readonly previousRun: string | undefined;
  /** @throws InputError when another process has taken the lock over: this one was not heard of for too long */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** What a training is told whose lock was taken over. */
export function takenOver(runDirectory: string): InputError {
  return new InputError({
    file: runDirectory,
    problem: 'another training has taken the folder over, because this one was stopped for too long',
    mend: 'leave it to the other one',
  });
}
