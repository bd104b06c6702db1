/** One training at a time in a run directory. */
import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { explainFileError, makeFolder } from '../files.js';

/**
 * Locks a run directory, which is made where it is missing, for this process. A lock left by a process that no longer runs is taken over.
 * @returns a function that unlocks
 * @throws InputError when another training holds it
 */
export async function lockRun(runDirectory: string): Promise<() => Promise<void>> {
  const path = join(runDirectory, 'train.lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  await makeFolder(runDirectory).catch((error: unknown) => {
    throw explainFileError(error, runDirectory);
  });
  for (let attempt = 0; ; attempt++) {
    if (await makeLock(path, mine)) return () => rm(path, { force: true });
    const holder = await readHolder(path);
    if (attempt > 0 || holder === undefined || isRunning(holder)) {
      const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
      throw new InputError(
        `${runDirectory}: locked by a training (${who}); wait for it, or delete ${path} if it is gone`,
      );
    }
    await rm(path, { force: true });
  }
}

/** @returns whether the lock was free */
async function makeLock(path: string, content: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw explainFileError(error, path);
  }
  try {
    await file.writeFile(content);
  } catch (error) {
    // An empty lock (the disk is full) would look like one that another process is about to fill.
    await rm(path, { force: true });
    throw explainFileError(error, path);
  } finally {
    await file.close();
  }
  return true;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder> | null;
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the holder may still be at work; of a process on another machine nothing is known. */
function isRunning({ pid, host }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
