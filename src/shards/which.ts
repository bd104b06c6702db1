/** Which shard this process is: as it was told, or as a scheduler that runs many alike says. */
import { InputError } from '../errors.js';
import type { ShardNumber } from './shard.js';

/** More shards than this are a slip of the finger. */
const MOST_SHARDS = 100_000;

/** How a shard is asked for. */
export interface ShardChoice {
  /** `2/8`: the second of eight. */
  readonly shard?: string | undefined;
  /** How many there are, where the scheduler says which this one is. */
  readonly shards?: number | undefined;
}

/**
 * Where schedulers say which of many processes this is: Kubernetes in an Indexed Job, from 0; Slurm in an array, from
 * the least index of the array.
 */
const SCHEDULERS = [
  { name: 'JOB_COMPLETION_INDEX', least: undefined },
  { name: 'SLURM_ARRAY_TASK_ID', least: 'SLURM_ARRAY_TASK_MIN' },
] as const;

/**
 * Which shard is meant; undefined where the work is not divided.
 * @param environment as `process.env`
 * @throws InputError for a choice that makes no sense, and where `shards` is given and no scheduler says which
 */
export function whichShard(
  { shard, shards }: ShardChoice,
  environment: Readonly<Record<string, string | undefined>>,
): ShardNumber | undefined {
  if (shard !== undefined) {
    const [, number, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(shard) ?? [];
    const chosen = { shard: Number(number), of: Number(of) };
    if (!(chosen.shard >= 1 && chosen.shard <= chosen.of && chosen.of <= MOST_SHARDS)) {
      throw new InputError(`\`shard\` ${shard}: expected a number and how many there are, such as 1/8`);
    }
    if (shards === undefined || shards === chosen.of) return chosen;
    throw new InputError(`\`shard\` ${shard}: \`shards\` says that there are ${shards}; give one of them`);
  }
  if (shards === undefined) return undefined;
  shardCount(shards);
  for (const { name, least } of SCHEDULERS) {
    const text = environment[name];
    if (text === undefined || text === '') continue;
    const first = Number((least === undefined ? undefined : environment[least]) ?? 0);
    const index = Number(text) - first;
    if (/^\d+$/.test(text) && index >= 0 && index < shards) return { shard: index + 1, of: shards };
    const range = `${first} to ${first + shards - 1}`;
    throw new InputError(`${name}=${text}: \`shards\` ${shards} are numbered ${range}; plan as many as the job has`);
  }
  const names = SCHEDULERS.map(({ name }) => name).join(' or ');
  throw new InputError(
    `\`shards\` ${shards}: no scheduler says which of them this is (${names}); give \`shard\` 1/${shards}`,
  );
}

/** A number of shards. @throws InputError where it makes no sense */
export function shardCount(shards: number): number {
  if (Number.isSafeInteger(shards) && shards >= 1 && shards <= MOST_SHARDS) return shards;
  throw new InputError(`\`shards\` ${shards}: expected a whole number from 1 to ${MOST_SHARDS}`);
}
