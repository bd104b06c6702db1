/** A lock as an object in a store that keeps conditions (Node only): made where there is none, replaced only as it was seen. */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { dirname, join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { Conflict } from '../storage/store.js';
import { isGone, lockedBy, LOCK_FILE, look, PATIENCE_MS, unknownLock, type FoundLock } from './lock-file.js';
import { isRunning, thisProcess, type ProcessIdentity } from './process-identity.js';
import { STORED_HEARTBEAT_SECONDS, takenOver, type RunLock } from './run-lock.js';

const POLL_MS = 500;

/** What a holder says of itself. */
export interface StoredHolder extends ProcessIdentity {
  readonly token: string;
  readonly run: string;
}

/** What the thread is given that shows signs of life. */
export interface StoredHeartbeat {
  readonly path: string;
  readonly holder: StoredHolder;
  /** Version of the lock as it was taken. */
  readonly version: string;
  readonly seconds: number;
}

/** A lock as its object has it. @param beat how often it was touched: equal contents may have one version */
export function lockText(holder: StoredHolder, beat: number): string {
  return `${JSON.stringify({ ...holder, beat })}\n`;
}

/**
 * Locks a run in a store, as `lockRun` does on a disk.
 * @throws InputError when another training holds it
 */
export async function lockStored(runDirectory: string, run: string): Promise<RunLock> {
  const store = storeOf(runDirectory);
  const path = join(runDirectory, LOCK_FILE);
  const holder: StoredHolder = { ...thisProcess(), token: randomBytes(16).toString('hex'), run };
  const { version, previous } = await take(path, holder);
  // A thread of its own: a step of a large model holds up this one for minutes.
  const heartbeat = new Worker(new URL('./stored-heartbeat-thread.js', import.meta.url), {
    workerData: { path, holder, version, seconds: STORED_HEARTBEAT_SECONDS } satisfies StoredHeartbeat,
  });
  heartbeat.unref();
  // What stands in the way of a sign of life will be in the way of what is to be written, too; that is reported there.
  heartbeat.on('error', () => undefined);
  const isHeld = async () => {
    const found = await look(path);
    return found !== undefined && found !== 'unknown' && found.token === holder.token;
  };
  return {
    previousRun: previous?.run,
    check: async () => {
      if (!(await isHeld())) throw takenOver(runDirectory);
    },
    release: async () => {
      await heartbeat.terminate();
      // Nobody replaces what was touched a moment ago, so that it is still the same when it is removed.
      if (await isHeld()) await store.remove(path);
    },
  };
}

interface Taken {
  readonly version: string;
  /** Whom it was taken over from. */
  readonly previous: FoundLock | undefined;
}

async function take(path: string, holder: StoredHolder): Promise<Taken> {
  const store = storeOf(path);
  const start = Date.now();
  for (let previous: FoundLock | undefined; ;) {
    const only = previous ? { version: previous.version! } : { absent: true as const };
    try {
      const version = await store.write(path, lockText(holder, 0), { only });
      return { version: version!, previous };
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
    const found = await look(path);
    if (found === 'unknown') throw unknownLock(path);
    previous = undefined;
    if (!found) continue;
    const now = await clockOf(path, holder);
    if (isGone(found, now)) previous = found;
    else if (Date.now() - start > PATIENCE_MS || !isRunning(found)) throw lockedBy(found, path, now);
    // A process that was killed ends a moment after it.
    else await setTimeout(POLL_MS);
  }
}

/** Now, by the clock of the store: when something was written that is written now. */
async function clockOf(path: string, { token }: StoredHolder): Promise<number> {
  const store = storeOf(path);
  const aside = join(dirname(path), `${LOCK_FILE}.${token}.part`);
  await store.write(aside, 'what time is it?\n');
  try {
    return (await store.look(aside))?.modified ?? 0;
  } finally {
    await store.remove(aside);
  }
}
