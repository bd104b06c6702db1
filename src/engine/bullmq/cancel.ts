/** Takes back what was put into the queue. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { InputError } from '../../errors.js';
import { clearParts } from '../parts.js';
import { KEPT_S, type Names, type Work } from './jobs.js';

/** Between two tries, in ms. */
const AGAIN_MS = 300;

/** Whoever cancels waits no longer: by then a worker that died has lost its shard. */
const CANCEL_MS = 15_000;

/** What there is of a plan in the queue. */
export interface Begun {
  readonly of: number;
  readonly parts: string;
}

/** Ends what runs of a plan, and takes back what waits. */
export async function takeBack(redis: Redis, queue: Work, names: Names, { of, parts }: Begun): Promise<void> {
  await redis.set(names.cancelled, '1', 'EX', KEPT_S);
  const ids = [names.merge, names.clear, ...Array.from({ length: of }, (_, i) => names.shard(i + 1))];
  const locks = ids.map((id) => queue.toKey(`${id}:lock`));
  // Workers look for the mark from time to time. BullMQ removes what they hold once another shard has failed, and so what they
  // write would stay behind.
  while ((await redis.exists(...locks)) > 0 || !(await removed(queue, names.clear))) await wait(AGAIN_MS);
  await clearParts(parts);
}

async function removed(queue: Work, id: string): Promise<boolean> {
  try {
    await remove(queue, id);
    return true;
  } catch (error) {
    if ((error as Error).message.includes('locked')) return false;
    throw error;
  }
}

/** Removes a plan's jobs. */
export async function remove(queue: Work, id: string): Promise<void> {
  await (await queue.getJob(id))?.remove({ removeChildren: true });
}

/** Resolves once a signal was given. */
export async function aborted(signal: AbortSignal): Promise<'cancelled'> {
  return new Promise((resolve) => {
    const tell = () => resolve('cancelled');
    if (signal.aborted) tell();
    else signal.addEventListener('abort', tell, { once: true });
  });
}

/** @throws InputError where Redis does not let something be done in time */
export async function inTime(work: Promise<void>): Promise<void> {
  const late = wait(CANCEL_MS, 'late', { ref: false });
  if ((await Promise.race([work, late])) !== 'late') return;
  throw new InputError(
    'cancelled, but the queue does not answer, and goes on when it is back; run the command again then, and cancel that',
  );
}
