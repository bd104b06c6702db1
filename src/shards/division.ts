/**
 * How the work of a command is divided among machines. What a command computes over many units (parts of a log, examples, inputs,
 * trainings) and then adds up is a task. On one machine all of its units are computed; a shard computes its own and keeps
 * them; a merge reads them all back and goes on, by the same code and in the same order, so that its result has the same bytes
 * however many shards there were.
 */
import type { GenericSchema } from 'valibot';

/** Work over many units, none of which looks at another. */
export interface Task<T> {
  /** The same name in every shard, and no other task's. */
  readonly name: string;
  /** A task whose units share its shards, unit by unit: what was computed for one can be used for the other. */
  readonly beside?: string | undefined;
  /** What a unit comes to: what was read back is held against it. */
  readonly schema: GenericSchema<unknown, T>;
  /**
   * Computes some units.
   * @param isOwn which, by their place among all
   * @returns what each of them comes to, in their order
   */
  readonly compute: (isOwn: (unit: number) => boolean) => AsyncIterable<T>;
}

/** Which units of tasks are computed here, and where the others come from. */
export interface Division {
  /** In a `shard`, whatever needs the units of others ends with `PartComputed`; in a `merge` no unit is computed. */
  readonly kind: 'whole' | 'shard' | 'merge';
  /**
   * What all units of a task come to, in their order. They are begun at once, and computed as they are asked for.
   * @throws PartComputed (when it is gone through) in a shard, once its own units are computed and kept
   */
  units<T>(task: Task<T>): AsyncIterable<T>;
  /**
   * Says what the units are computed from, by a name that a user understands: hashes and fingerprints.
   * @throws InputError in a merge of shards that were computed from something else
   */
  madeFrom(facts: Readonly<Record<string, string>>): void;
}

/** The end of what a shard can compute of a task, and of whatever depends on it: no error, and never shown. */
export class PartComputed extends Error {
  constructor() {
    super('internal: a shard computed its part');
  }
}

/** All of the work is done here. */
export const WHOLE: Division = {
  kind: 'whole',
  units: ({ compute }) => compute(() => true),
  madeFrom: () => undefined,
};

/**
 * Does what in a shard ends with its own part of a task; other tasks, which do not depend on it, can be gone on with.
 * @returns undefined where it ended so
 */
export async function partly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PartComputed) return undefined;
    throw error;
  }
}

/**
 * Does works one behind the other. In a shard all are gone through, also where one ends with its own part of a task.
 * @throws PartComputed where one did
 */
export async function inFull<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const found: T[] = [];
  let isPart = false;
  for (const work of works) {
    const own = await partly(async () => ({ value: await work() }));
    if (own) found.push(own.value);
    else isPart = true;
  }
  if (isPart) throw new PartComputed();
  return found;
}

/** What all units of a task come to, in their order. @throws PartComputed as `units` does */
export async function unitsOf<T>(division: Division, task: Task<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const unit of division.units(task)) all.push(unit);
  return all;
}
