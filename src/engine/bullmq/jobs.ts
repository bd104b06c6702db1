/**
 * What lies in the queue: a job for each shard, one that merges them once all are there, and one that clears up behind it. They
 * are children of one another, so that BullMQ itself starts each when it can be done.
 */
import { createHash } from 'node:crypto';
import type { Queue } from 'bullmq';
import * as v from 'valibot';
import { InputError } from '../../errors.js';
import { list } from '../../schema/fields.js';
import { matchSchema } from '../../schema/problem.js';
import { TOOL } from '../../tool.js';
import type { Outcome, Plan } from '../engine.js';

/** What all keys in Redis begin with. */
export const PREFIX = 'onnx-explain';

/** Shards of a version are computed by workers of that version, as others never look here. */
export const QUEUE = `shards-${TOOL.version}`;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const planSchema = {
  words: list(v.string()),
  of: whole,
  /** Folder that the shards' files go to. */
  parts: v.string(),
  out: v.string(),
  flags: list(v.string()),
  folder: v.string(),
};

const jobSchema = v.variant('kind', [
  v.object({ kind: v.literal('shard'), shard: whole, ...planSchema }),
  v.object({ kind: v.literal('merge'), ...planSchema }),
  v.object({ kind: v.literal('clear'), ...planSchema }),
]);

/** What a job asks for. */
export type JobData = v.InferOutput<typeof jobSchema>;

/** @throws InputError for a job that this version has not written */
export function jobData(data: unknown): JobData {
  const checked = matchSchema(jobSchema, data);
  if ('value' in checked) return checked.value;
  throw new InputError(`the queue holds what no onnx-explain has put there (${checked.problem.path})`);
}

/** The queue. */
export type Work = Queue<JobData, Outcome | null>;

/** So long is kept what nobody has fetched, in seconds: a day. */
export const KEPT_S = 86_400;

/** What `jobNames` gives. */
export type Names = ReturnType<typeof jobNames>;

/** Names of a plan's jobs: the same plan has the same, so that who asks for it again finds what was begun. */
export function jobNames({ words, out, folder }: Plan) {
  const id = createHash('sha256')
    .update(JSON.stringify([words, out, folder]))
    .digest('hex')
    .slice(0, 20);
  return {
    clear: id,
    merge: `${id}-merge`,
    shard: (shard: number) => `${id}-${shard}`,
    cancelled: `${PREFIX}:cancelled:${id}`,
  };
}

/** The plan that a job belongs to. */
export const planOf = ({ words, of, out, flags, folder }: JobData): Plan => ({ words, shards: of, out, flags, folder });
