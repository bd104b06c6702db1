/** Puts a plan into the queue, and waits for what becomes of it. */
import { setTimeout as wait } from 'node:timers/promises';
import { FlowProducer, Queue, type FlowJob, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { InputError } from '../../errors.js';
import type { Reporting } from '../../progress.js';
import { TOOL } from '../../tool.js';
import type { AskedPlan, Outcome, Plan } from '../engine.js';
import { partsBeside } from '../parts.js';
import { aborted, inTime, remove, takeBack, type Begun } from './cancel.js';
import { checked, connect, explained, shown } from './connection.js';
import { jobData, jobNames, KEPT_S, PREFIX, QUEUE, type JobData, type Names, type Work } from './jobs.js';

/** Shards for each worker that is there: those that are faster, or come later, take more of them. */
const PER_WORKER = 4;

/** Shards where no worker is there yet. */
const USUAL = 8;

/** Between two looks at how far it is, in ms. */
const LOOK_MS = 300;

/** What ends by itself (a machine that fails, a process that the system ends) is tried so often. */
const ATTEMPTS = 3;

/**
 * Has a plan computed. One that was begun already, and whose asker died, is gone on with.
 * @throws InputError where Redis cannot be reached, workers are of another version, and for what a shard or the merge refuses
 */
export async function submit(
  address: string | undefined,
  plan: AskedPlan,
  { onNotice, onProgress }: Reporting,
  cancelled: AbortSignal,
): Promise<Outcome> {
  const { redis, end } = await connect(address, (line) => onNotice?.(line));
  const queue: Work = new Queue(QUEUE, { connection: redis, prefix: PREFIX });
  queue.on('error', () => undefined);
  const flows = new FlowProducer({ connection: redis, prefix: PREFIX });
  flows.on('error', () => undefined);
  const names = jobNames(plan);
  try {
    const workers = await workersOf(queue);
    if (workers === 0) await noWorkers(redis, shown(checked(address)), onNotice);
    await redis.del(names.cancelled);
    const beginning = begun(redis, queue, names, plan).then(
      async (flow) => flow ?? (await begin(flows, names, plan, workers ?? 0)),
    );
    const waiting = beginning.then(async (flow) => {
      const outcome = await ended(queue, names, flow.of, { onProgress, cancelled });
      // What else there is of a plan that failed is of no use.
      if (outcome instanceof InputError) await takeBack(redis, queue, names, flow);
      else if (outcome !== 'cancelled') await remove(queue, names.clear);
      return outcome;
    });
    // Whoever cancels does not wait for a Redis that is away.
    const outcome = await Promise.race([waiting, aborted(cancelled)]);
    if (outcome === 'cancelled') {
      await inTime(beginning.then(async (flow) => takeBack(redis, queue, names, flow)));
      throw new InputError('cancelled');
    }
    if (outcome instanceof InputError) throw outcome;
    return outcome;
  } catch (error) {
    throw explained(error, address);
  } finally {
    end();
  }
}

/** Workers that are there; undefined where Redis does not tell us. */
async function workersOf(queue: Work): Promise<number | undefined> {
  return queue.getWorkers().then(
    ({ length }) => length,
    () => undefined,
  );
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

/** What is under way of a plan. @throws InputError where another number of shards is asked for */
async function begun(redis: Redis, queue: Work, names: Names, { shards }: Plan): Promise<Begun | undefined> {
  const job = await queue.getJob(names.clear);
  if (!job) return undefined;
  const { of, parts } = jobData(job.data);
  if ((await job.isCompleted()) || (await job.isFailed())) {
    // Whoever asked was not there to clear up.
    await takeBack(redis, queue, names, { of, parts });
    await redis.del(names.cancelled);
    return undefined;
  }
  if (shards === undefined || shards === of) return { of, parts };
  throw new InputError(
    `\`shards\` ${shards}: the same is being computed in ${of} already; leave it out to wait for that`,
  );
}

async function begin(flows: FlowProducer, names: Names, plan: AskedPlan, workers: number): Promise<Begun> {
  const { words, out, flags, folder, shards = workers > 0 ? PER_WORKER * workers : USUAL } = plan;
  await plan.onBegin();
  const parts = partsBeside(out);
  const common = { words: [...words], of: shards, parts, out, flags: [...flags], folder };
  const job = (jobId: string, data: JobData, isChild: boolean): FlowJob => ({
    name: data.kind,
    queueName: QUEUE,
    data,
    opts: {
      jobId,
      attempts: ATTEMPTS,
      backoff: 1000,
      removeOnComplete: { age: KEPT_S },
      removeOnFail: { age: KEPT_S },
      ...(isChild && { failParentOnFailure: true }),
    },
  });
  const children = Array.from({ length: shards }, (_, i) =>
    job(names.shard(i + 1), { kind: 'shard', shard: i + 1, ...common }, true),
  );
  const merge = { ...job(names.merge, { kind: 'merge', ...common }, true), children };
  await flows.add({ ...job(names.clear, { kind: 'clear', ...common }, false), children: [merge] });
  return { of: shards, parts };
}

interface Waiting {
  readonly onProgress: Reporting['onProgress'];
  readonly cancelled: AbortSignal;
}

/** Waits for the last of a plan's jobs. @returns an error with the reason of the first that failed, where one did */
async function ended(
  queue: Work,
  names: Names,
  of: number,
  { onProgress, cancelled }: Waiting,
): Promise<Outcome | InputError | 'cancelled'> {
  while (!cancelled.aborted) {
    const last = await queue.getJob(names.clear);
    if (!last) {
      return new InputError(
        'the queue has no more what it was given: another process has cancelled or fetched the same, or its Redis keeps ' +
          'nothing on a disk; run the command again',
      );
    }
    if (await last.isCompleted()) return last.returnvalue!;
    if (await last.isFailed()) return await failure(queue, names, of, last);
    const merge = await queue.getJob(names.merge);
    const { processed = 0 } = (await merge?.getDependenciesCount({ processed: true })) ?? {};
    onProgress?.(processed < of ? 'shards' : 'merging', processed, of);
    await wait(LOOK_MS);
  }
  return 'cancelled';
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
