/** A worker: takes shards from the queue, and computes each in a process of its own. */
import { UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { readPartial } from '../../shards/partial-file.js';
import { partialName } from '../../shards/shard.js';
import { join } from '../../storage/paths.js';
import type { Outcome } from '../engine.js';
import { clearParts } from '../parts.js';
import { runPart, type PartOutcome } from '../run-part.js';
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

/** Takes what waits in the queue until it is told to stop. @throws InputError where Redis cannot be reached */
export async function work(address: string | undefined, { onWork, stopped }: WorkerOptions): Promise<void> {
  const redis = await connect(address, onWork);
  const worker = new Worker<JobData, Outcome | null>(
    QUEUE,
    (job, token) => computed(redis, job, token, { onWork, stopped }),
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
  onWork('waiting for work; end it with Ctrl-C');
  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve();
    stopped.addEventListener('abort', () => resolve(), { once: true });
  });
  await worker.close();
  redis.disconnect();
}

async function computed(
  redis: Redis,
  job: Job<JobData, Outcome | null>,
  token: string | undefined,
  { onWork, stopped }: WorkerOptions,
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
  stopped.addEventListener('abort', stop, { once: true });
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
    stopped.removeEventListener('abort', stop);
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
