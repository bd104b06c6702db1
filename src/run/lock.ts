/** One training at a time in a run directory. */
import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { explainFileError } from '../files.js';

/**
 * Locks a run directory for this process. A lock left by a process that no longer runs is taken over.
 * @returns a function that unlocks
 * @throws InputError when another training holds it
 */
export async function lockRun(runDirectory: string): Promise<() => Promise<void>> {
  const path = join(runDirectory, 'train.lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(mine);
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw explainFileError(error, path);
    }
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
