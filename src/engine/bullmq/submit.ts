/** Puts a plan into the queue, and waits for what becomes of it. */
import { setTimeout as wait } from 'node:timers/promises';
import { FlowProducer, Queue, type FlowJob, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { InputError } from '../../errors.js';
import type { Reporting } from '../../progress.js';
import { TOOL } from '../../tool.js';
import type { Outcome, Plan } from '../engine.js';
import { clearParts, partsBeside } from '../parts.js';
import { checked, connect, shown } from './connection.js';
import { jobNames, PREFIX, QUEUE, type JobData } from './jobs.js';

/** Shards for each worker that is there: those that are faster, or come later, take more of them. */
const PER_WORKER = 4;

/** Shards where no worker is there yet. */
const USUAL = 8;

/** Between two looks at how far it is, in ms. */
const LOOK_MS = 300;

/** What ends by itself (a machine that fails, a process that the system ends) is tried so often. */
const ATTEMPTS = 3;

/** Jobs are kept for a day, in seconds, where whoever asked for them did not wait. */
const KEPT = { age: 86_400 };

type Work = Queue<JobData, Outcome | null>;

/**
 * Has a plan computed. One that was begun already, and whose asker died, is gone on with.
 * @throws InputError where Redis cannot be reached, workers are of another version, and for what a shard or the merge refuses
 */
export async function submit(
  address: string | undefined,
  plan: Plan,
  { onNotice, onProgress }: Reporting,
  cancelled: AbortSignal,
): Promise<Outcome> {
  const redis = await connect(address, (line) => onNotice?.(line));
  const queue: Work = new Queue(QUEUE, { connection: redis, prefix: PREFIX });
  queue.on('error', () => undefined);
  const flows = new FlowProducer({ connection: redis, prefix: PREFIX });
  flows.on('error', () => undefined);
  try {
    const workers = (await queue.getWorkers()).length;
    if (workers === 0) await noWorkers(redis, shown(checked(address)), onNotice);
    const names = jobNames(plan);
    await redis.del(names.cancelled);
    const of = (await begun(queue, names.clear, plan)) ?? (await begin(queue, flows, plan, workers));
    try {
      const outcome = await ended(queue, names, of, { onProgress, cancelled });
      if (outcome !== 'cancelled') {
        await remove(queue, names.clear);
        return outcome;
      }
    } catch (error) {
      // What else there is of the plan is of no use.
      if (error instanceof InputError) await cancel(redis, queue, names, of);
      throw error;
    }
    await cancel(redis, queue, names, of);
    throw new InputError('cancelled');
  } finally {
    await flows.close();
    await queue.close();
    redis.disconnect();
  }
}

/** Says what to do about a queue without workers. @throws InputError where there are some of another version */
async function noWorkers(redis: Redis, address: string, onNotice: Reporting['onNotice']): Promise<void> {
  const clients = String(await redis.client('LIST'));
  // BullMQ calls the connection of a worker by its queue, in base64.
  const queues = [...clients.matchAll(new RegExp(`name=${PREFIX}:([A-Za-z0-9+/=]+)`, 'g'))].map(([, name]) =>
    Buffer.from(name!, 'base64').toString('utf8'),
  );
  const others = new Set(queues.flatMap((name) => /^shards-(.+)$/.exec(name)?.[1] ?? []));
  if (others.size > 0) {
    throw new InputError({
      file: address,
      problem: `its workers are of version ${[...others].join(', ')}, and this is ${TOOL.version}`,
      mend: 'start workers of this version',
    });
  }
  onNotice?.(`${address}: no worker is there yet; start some with ${TOOL.name} worker --redis`);
}

/** Number of shards of a plan that is under way. @throws InputError where another number of them is asked for */
async function begun(queue: Work, id: string, { shards }: Plan): Promise<number | undefined> {
  const job = await queue.getJob(id);
  if (!job) return undefined;
  if ((await job.isCompleted()) || (await job.isFailed())) {
    await remove(queue, id);
    return undefined;
  }
  const { of } = job.data;
  if (shards === undefined || shards === of) return of;
  throw new InputError(
    `\`shards\` ${shards}: the same is being computed in ${of} already; leave it out to wait for that`,
  );
}

async function begin(queue: Work, flows: FlowProducer, plan: Plan, workers: number): Promise<number> {
  const { words, out, flags, folder, shards = workers > 0 ? PER_WORKER * workers : USUAL } = plan;
  const names = jobNames(plan);
  const common = { words: [...words], of: shards, parts: partsBeside(out), out, flags: [...flags], folder };
  const job = (jobId: string, data: JobData, isChild: boolean): FlowJob => ({
    name: data.kind,
    queueName: queue.name,
    data,
    opts: {
      jobId,
      attempts: ATTEMPTS,
      backoff: 1000,
      removeOnComplete: KEPT,
      removeOnFail: KEPT,
      ...(isChild && { failParentOnFailure: true }),
    },
  });
  const children = Array.from({ length: shards }, (_, i) =>
    job(names.shard(i + 1), { kind: 'shard', shard: i + 1, ...common }, true),
  );
  const merge = { ...job(names.merge, { kind: 'merge', ...common }, true), children };
  await flows.add({ ...job(names.clear, { kind: 'clear', ...common }, false), children: [merge] });
  return shards;
}

interface Waiting {
  readonly onProgress: Reporting['onProgress'];
  readonly cancelled: AbortSignal;
}

type Names = ReturnType<typeof jobNames>;

/** Waits for the last of a plan's jobs. @throws InputError with the reason of the first that failed */
async function ended(
  queue: Work,
  names: Names,
  of: number,
  { onProgress, cancelled }: Waiting,
): Promise<Outcome | 'cancelled'> {
  for (;;) {
    if (cancelled.aborted) return 'cancelled';
    const last = await queue.getJob(names.clear);
    if (!last) {
      throw new InputError(
        'the queue has lost what it was given, as a Redis does that keeps nothing on a disk; run the command again',
      );
    }
    if (await last.isCompleted()) return last.returnvalue!;
    if (await last.isFailed()) throw await failure(queue, names, of, last);
    const merge = await queue.getJob(names.merge);
    const { processed = 0 } = (await merge?.getDependenciesCount({ processed: true })) ?? {};
    onProgress?.(processed < of ? 'shards' : 'merging', processed, of);
    await wait(LOOK_MS);
  }
}

async function failure(queue: Work, names: Names, of: number, last: Job): Promise<InputError> {
  const ids = [names.merge, ...Array.from({ length: of }, (_, i) => names.shard(i + 1))];
  let reason = last.failedReason;
  for (const id of ids) {
    const job = await queue.getJob(id);
    // A job whose child failed says so; the child says why.
    if (job && (await job.isFailed()) && !/^child /i.test(job.failedReason)) reason = job.failedReason;
  }
  return new InputError(reason);
}

/** Stops what runs, and takes back what waits. */
async function cancel(redis: Redis, queue: Work, names: Names, of: number): Promise<void> {
  await redis.set(names.cancelled, '1', 'EX', KEPT.age);
  const parts = (await queue.getJob(names.clear))?.data.parts;
  for (let tries = 0; tries < 100; tries++) {
    const ids = Array.from({ length: of }, (_, i) => names.shard(i + 1));
    const states = await Promise.all([...ids, names.merge].map(async (id) => (await queue.getJob(id))?.isActive()));
    if (states.every((isActive) => !isActive)) break;
    await wait(LOOK_MS);
  }
  await remove(queue, names.clear);
  if (parts !== undefined) await clearParts(parts);
}

async function remove(queue: Work, id: string): Promise<void> {
  await (await queue.getJob(id))?.remove({ removeChildren: true });
}
