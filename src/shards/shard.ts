/** One shard of a command (Node only): its units are computed and kept in a file, and nothing else comes of it. */
import { join } from '../storage/paths.js';
import { NotThere } from '../storage/store.js';
import { InputError } from '../errors.js';
import { PartComputed, type Division } from './division.js';
import { readPartial, writePartial, type PartialHead, type PartialWriter } from './partial-file.js';

/** Which of how many. */
export interface ShardNumber {
  /** Counted from 1. */
  readonly shard: number;
  readonly of: number;
}

/** What the files of shards are called. */
export function partialName({ shard, of }: ShardNumber): string {
  return `shard-${shard}-of-${of}.partial`;
}

/**
 * Computes a shard's units, and keeps them in a file of its own in a folder that all shards may share.
 * @param work the command, which ends with `PartComputed`
 * @returns the file's path
 * @throws InputError where another command's shard has that place, or the file cannot be written
 */
export async function computeShard(
  folder: string,
  head: PartialHead,
  work: (division: Division) => Promise<unknown>,
): Promise<string> {
  const path = join(folder, partialName(head));
  await refuseOthers(path, head);
  const writer = await writePartial(path, head);
  const madeFrom = new Map<string, string>();
  try {
    await work({
      kind: 'shard',
      units: ({ name, beside, compute }) => {
        const first = firstShard(beside ?? name, head.of);
        const own = compute((unit) => shardOf(unit, first, head.of) === head.shard);
        return keep(own, writer, name);
      },
      madeFrom: (facts) => {
        for (const [what, hash] of Object.entries(facts)) madeFrom.set(what, hash);
      },
    });
    throw new Error('internal: a command computed all of its result in a shard');
  } catch (error) {
    if (!(error instanceof PartComputed)) {
      await writer.discard();
      throw error;
    }
  }
  await writer.finish(Object.fromEntries(madeFrom));
  return path;
}

/** The shard of a task's first unit: not the same for all tasks, many of which have few units. */
export function firstShard(task: string, of: number): number {
  let hash = 0;
  for (const character of task) hash = (31 * hash + character.codePointAt(0)!) % 2 ** 31;
  return (hash % of) + 1;
}

/** The shard of a unit: they go round in turn, so that what takes longer towards an end is shared too. */
export function shardOf(unit: number, first: number, of: number): number {
  return ((first - 1 + unit) % of) + 1;
}

// eslint-disable-next-line require-yield -- a shard has no more than its own units, which nobody can go on with
async function* keep<T>(units: AsyncIterable<T>, writer: PartialWriter, task: string): AsyncGenerator<T> {
  writer.task(task);
  for await (const unit of units) await writer.add(task, unit);
  throw new PartComputed();
}

/** @throws InputError where the file is there already, and not the same shard's */
async function refuseOthers(path: string, head: PartialHead): Promise<void> {
  const standing = await readPartial(path).catch((error: unknown) => {
    if (error instanceof NotThere) return undefined;
    throw error;
  });
  if (!standing || JSON.stringify(standing.head) === JSON.stringify(head)) return;
  throw new InputError({
    file: path,
    problem: `holds the shard of another command (${standing.head.words.join(' ')})`,
    mend: 'choose another `out`',
  });
}
