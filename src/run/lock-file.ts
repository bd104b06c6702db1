/** A lock as a file that exactly one process can make its own (Node only). */
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import { InputError } from '../errors.js';
import { explainFileError } from '../storage/disk/error.js';
import { dirname, join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { NotThere } from '../storage/store.js';
import { isRunning, thisProcess, type ProcessIdentity } from './process-identity.js';

/** Name of the lock in a run directory. */
export const LOCK_FILE = 'train.lock';

/** A holder that this process cannot see is gone when its lock has not been touched for so long. */
export const SILENCE_SECONDS = 60;

/** A process that was killed is waited for: what it runs in ends a moment after it. */
export const PATIENCE_MS = 3000;
const POLL_MS = 50;

const lockSchema = v.object({
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  host: v.string(),
  started: v.optional(v.string()),
  boot: v.optional(v.string()),
  namespace: v.optional(v.string()),
  /** Unlike that of any other lock; absent in locks of the first version, which are not touched either. */
  token: v.optional(v.string()),
  /** Identifier of the run that the holder writes. */
  run: v.optional(v.string()),
});

/** A lock that was found. */
export interface FoundLock extends ProcessIdentity {
  /** The whole file: two locks with the same text are one. */
  readonly text: string;
  readonly token?: string | undefined;
  readonly run?: string | undefined;
  /** The version of its file, where the store keeps versions. */
  readonly version?: string | undefined;
  /** When it was last touched, by the clock of its file system. */
  readonly touched: number;
}

/** A lock that this process holds. */
export interface HeldLock {
  readonly path: string;
  /** Open for its owner's signs of life. */
  readonly handle: FileHandle;
  readonly text: string;
  /** Identifies the file whatever it is called. */
  readonly inode: number;
  /** Whom it was taken over from. */
  readonly previous: FoundLock | undefined;
}

/** The lock in a file; undefined when there is none, or one that is no lock of ours. */
export async function readLock(path: string): Promise<FoundLock | undefined> {
  const found = await look(path);
  return found === 'unknown' ? undefined : found;
}

/** What is under a name now. What is said of a lock is all of one and the same: it may be given back, and another be taken, at any time. */
export async function look(path: string): Promise<FoundLock | 'unknown' | undefined> {
  const store = storeOf(path);
  try {
    for (;;) {
      const found = await store.look(path);
      if (!found) return undefined;
      const text = new TextDecoder().decode(await store.read(path));
      const { version, modified: touched } = found;
      const again = await store.look(path);
      if (again?.version !== version || again?.modified !== touched) continue;
      const parsed = v.safeParse(lockSchema, JSON.parse(text) as unknown);
      return parsed.success ? { ...parsed.output, text, version, touched } : 'unknown';
    }
  } catch (error) {
    if (error instanceof SyntaxError) return 'unknown';
    if (error instanceof NotThere) return undefined;
    throw error;
  }
}

/**
 * Takes a lock, also one whose holder is gone. Of processes that try at once, exactly one gets it: the file is made under
 * another name and linked to its own, which fails where there is one; and to replace a lock whose holder is gone, a process
 * must first hold the lock that is named after that very lock. So nobody can replace a lock other than the one it looked at.
 * @param path in the run directory
 * @throws InputError when another process holds it
 */
export async function takeLock(path: string, run: string): Promise<HeldLock> {
  const text = `${JSON.stringify({ ...thisProcess(), token: randomBytes(16).toString('hex'), run })}\n`;
  const candidate = await makeCandidate(path, text);
  const start = Date.now();
  try {
    for (;;) {
      if (await linked(candidate.path, path)) return await held(path, text, undefined);
      const holder = await look(path);
      if (holder === 'unknown') throw unknownLock(path);
      if (holder) {
        if (!isGone(holder, candidate.now)) {
          if (Date.now() - start > PATIENCE_MS || !isRunning(holder)) throw lockedBy(holder, path, candidate.now);
          await setTimeout(POLL_MS);
          continue;
        }
        if (await replaced(holder, path, candidate.path, run)) return await held(path, text, holder);
      }
      // The lock has changed hands meanwhile.
      await setTimeout(5);
    }
  } catch (error) {
    throw explainFileError(error, path);
  } finally {
    await rm(candidate.path, { force: true });
  }
}

/** Gives a lock back, if it is still this process's. */
export async function releaseLock({ path, handle, text }: HeldLock, run: string): Promise<void> {
  await handle.close();
  const guard = await takeLock(guardPath(path, text), run).catch((error: unknown) => {
    // Somebody takes it over at this moment.
    if (error instanceof InputError) return undefined;
    throw error;
  });
  if (!guard) return;
  if ((await readLock(path))?.text === text) await rm(path, { force: true });
  await dropGuard(guard);
}

/** Whether this process's lock still stands under its name. */
export async function isHeld({ path, inode }: HeldLock): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.ino === inode;
}

async function held(path: string, text: string, previous: FoundLock | undefined): Promise<HeldLock> {
  const handle = await open(path, 'r+');
  return { path, text, previous, handle, inode: (await handle.stat()).ino };
}

interface LockCandidate {
  readonly path: string;
  /** Now, by the clock of the file system. */
  readonly now: number;
}

/** Writes a lock aside, whole and on the disk, so that nobody ever reads half of one. */
async function makeCandidate(path: string, text: string): Promise<LockCandidate> {
  const aside = `${path}.${hashOf(text)}.part`;
  try {
    const file = await open(aside, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
      return { path: aside, now: (await file.stat()).mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw explainFileError(error, path);
  }
}

/** @returns whether the name was free */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch(async (error: unknown) => {
      // Some file systems know no links; there the content comes a moment after the name.
      const { code } = error as NodeJS.ErrnoException;
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code ?? '')) throw error;
      await copyFile(from, to, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Puts the candidate in the place of a lock whose holder is gone. @returns false when that lock is no longer there */
async function replaced(holder: FoundLock, path: string, candidate: string, run: string): Promise<boolean> {
  const guard = await takeLock(guardPath(path, holder.text), run);
  try {
    if ((await readLock(path))?.text !== holder.text) return false;
    await rename(candidate, path);
    return true;
  } finally {
    await dropGuard(guard);
  }
}

async function dropGuard({ path, handle }: HeldLock): Promise<void> {
  await handle.close();
  await rm(path, { force: true });
}

/** The lock that a process must hold to replace or remove another one: named after all that the other says. */
function guardPath(path: string, text: string): string {
  return join(dirname(path), `${LOCK_FILE}.${hashOf(text)}`);
}

/** Whether a name is one that locks have for a moment; a process that is killed in it leaves it behind. */
export function isPassingLock(name: string): boolean {
  return /^train\.lock(?:\.[0-9a-f]{32}){1,2}(?:\.part)?$/.test(name);
}

/** Removes what processes that were killed while they took or gave back a lock have left beside this one. */
export async function sweepLocks({ path, text }: HeldLock): Promise<void> {
  const { mtimeMs: now } = await stat(path);
  for (const name of (await readdir(dirname(path))).filter(isPassingLock)) {
    const left = join(dirname(path), name);
    if (left === guardPath(path, text)) continue;
    const found = await readLock(left);
    if (found && isGone(found, now)) await rm(left, { force: true });
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Whether the holder of a lock is. @param now by the clock that says when the lock was touched */
export function isGone(holder: FoundLock, now: number): boolean {
  const running = isRunning(holder);
  if (running !== undefined) return !running;
  return holder.token !== undefined && now - holder.touched > 1000 * SILENCE_SECONDS;
}

/** What whoever comes second is told. */
export function lockedBy(holder: FoundLock, path: string, now: number): InputError {
  const { pid, host, token } = holder;
  const isSeen = isRunning(holder) !== undefined;
  const silent = Math.max(0, Math.round((now - holder.touched) / 1000));
  const elsewhere =
    isSeen || token === undefined ? '' : `, in another container or machine, last heard of ${silent} s ago`;
  return new InputError({
    file: dirname(path),
    problem: `locked by a training (process ${pid} on ${host}${elsewhere})`,
    mend: elsewhere
      ? `wait for it; its lock is taken over once it has not been heard of for ${SILENCE_SECONDS} s`
      : `wait for it, or delete ${join(dirname(path), LOCK_FILE)} if it is gone`,
  });
}

/** What is said of a file in the place of a lock that is none. */
export function unknownLock(path: string): InputError {
  return new InputError({
    file: path,
    problem: 'is not a lock of a training',
    mend: 'move it away if it is yours, or delete it if no training is at work in this folder',
  });
}
