/** A worker: takes shards from the queue, and computes each in a process of its own. */
import { setTimeout as wait } from 'node:timers/promises';
import { UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { readPartial } from '../../shards/partial-file.js';
import { partialName } from '../../shards/shard.js';
import { join } from '../../storage/paths.js';
import type { Outcome } from '../engine.js';
import { clearParts } from '../parts.js';
import { runPart, type PartOutcome } from '../run-part.js';
import { aborted } from './cancel.js';
import { connect } from './connection.js';
import { jobData, jobNames, planOf, PREFIX, QUEUE, type JobData } from './jobs.js';

/** How a worker works. */
export interface WorkerOptions {
  readonly onWork: (what: string) => void;
  readonly stopped: AbortSignal;
}

/** A worker that has not been heard of for so long is taken for dead, and its shard is computed by another; in ms. */
const LOCK_MS = 10_000;

/** Between two looks for dead workers, */
const STALLED_MS = 5000;

/** and for flows that were cancelled. */
const CANCEL_MS = 1000;

/** However often workers die, their shards go on: what ends a flow is a shard that fails. */
const MOST_DEATHS = 10_000;

/** A worker that ends waits no longer for a queue that is away, which finds out by itself; in ms. */
const CLOSE_MS = 5000;

/** Takes what waits in the queue until it is told to stop. @throws InputError where Redis cannot be reached */
export async function work(address: string | undefined, { onWork, stopped }: WorkerOptions): Promise<void> {
  const { redis, end } = await connect(address, onWork);
  const worker = new Worker<JobData, Outcome | null>(
    QUEUE,
    (job, token, lost) => computed(redis, job, token, { onWork, stopped, lost: lost! }),
    {
      connection: redis,
      prefix: PREFIX,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      maxStalledCount: MOST_DEATHS,
    },
  );
  // A lost connection is told by whoever connected; a job that failed by whoever asked for it.
  worker.on('error', () => undefined);
  // It belongs to another worker by now, whose flow may end before we do: nothing is to be written behind it.
  worker.on('lockRenewalFailed', (jobs) => jobs.forEach((job) => worker.cancelJob(job)));
  onWork('waiting for work; end it with Ctrl-C');
  await aborted(stopped);
  // A queue that is away BullMQ would wait for, without end.
  await Promise.race([worker.close(redis.status !== 'ready'), wait(CLOSE_MS, undefined, { ref: false })]);
  end();
}

/** What may end a job early. */
interface JobOptions extends WorkerOptions {
  /** The job is no longer this worker's. */
  readonly lost: AbortSignal;
}

async function computed(
  redis: Redis,
  job: Job<JobData, Outcome | null>,
  token: string | undefined,
  { onWork, stopped, lost }: JobOptions,
): Promise<Outcome | null> {
  const data = jobData(job.data);
  const { cancelled } = jobNames(planOf(data));
  const ended = new AbortController();
  let isCancelled = false;
  const look = async () => {
    isCancelled = (await redis.exists(cancelled)) > 0;
    if (isCancelled) ended.abort();
  };
  await look();
  const looking = setInterval(() => void look().catch(() => undefined), CANCEL_MS);
  const stop = () => ended.abort();
  for (const signal of [stopped, lost]) signal.addEventListener('abort', stop, { once: true });
  try {
    if (isCancelled) throw new UnrecoverableError('cancelled');
    if (data.kind === 'clear') {
      await clearParts(data.parts);
      return Object.values(await job.getChildrenValues<Outcome>())[0]!;
    }
    const outcome = await done(data, job.attemptsStarted, ended.signal, onWork);
    if (isCancelled) throw new UnrecoverableError('cancelled');
    if (stopped.aborted) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    return outcome && judged(outcome);
  } finally {
    clearInterval(looking);
    for (const signal of [stopped, lost]) signal.removeEventListener('abort', stop);
  }
}

/** Does what a job asks for. @returns how its process ended; null where none was needed */
async function done(
  data: Exclude<JobData, { kind: 'clear' }>,
  attempt: number,
  stopped: AbortSignal,
  onWork: (what: string) => void,
): Promise<PartOutcome | null> {
  const { words, of, parts, out, flags, folder } = data;
  switch (data.kind) {
    case 'shard': {
      const { shard } = data;
      // Whoever computed it may have died before it could say so.
      if (await isComputed(parts, { words, shard, of })) return null;
      onWork(`${words[0]!} ${shard}/${of}`);
      return runPart([...words, `--shard=${shard}/${of}`, `--out=${parts}`, '--quiet'], folder, stopped);
    }
    case 'merge': {
      onWork(`${words[0]!} merge`);
      // What another worker left when it died is a result of ours that is not whole.
      const again = attempt > 1 && !flags.includes('--force') ? ['--force'] : [];
      return runPart(['merge', parts, `--out=${out}`, ...flags, ...again], folder, stopped);
    }
  }
}

async function isComputed(
  parts: string,
  { words, ...number }: { readonly words: readonly string[]; readonly shard: number; readonly of: number },
): Promise<boolean> {
  const found = await readPartial(join(parts, partialName(number))).catch(() => undefined);
  return found?.head.words.join('\n') === words.join('\n');
}

/** A command that did its work, and one that found a regression. */
const FINAL = new Set([0, 1]);

/** @throws an error that ends the flow for what the command refuses, and another, which has it tried again, for what ended it */
function judged({ code, signal, printed, said }: PartOutcome): Outcome {
  if (code !== undefined && FINAL.has(code)) return { code, printed };
  const line = (said.at(-1) ?? `ended by ${signal ?? 'itself'}`).replace(/^onnx-explain: /, '');
  if (code === 2) throw new UnrecoverableError(line);
  throw new Error(line);
}
