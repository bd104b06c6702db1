/** Shards put together again (Node only). */
import { InputError } from '../errors.js';
import { matchSchema } from '../schema/problem.js';
import { TOOL } from '../tool.js';
import type { Division, Task } from './division.js';
import { readPartial, type PartialFile } from './partial-file.js';
import { firstShard, shardOf } from './shard.js';

/** All shards of one command. */
export interface ShardSet {
  /** The command and its arguments. */
  readonly words: readonly string[];
  /** In the order of their numbers. */
  readonly partials: readonly PartialFile[];
}

/**
 * Opens the files of all shards of a command.
 * @param paths in any order
 * @throws InputError for shards of several commands, or of another version, and naming those that are missing
 */
export async function openShards(paths: readonly string[]): Promise<ShardSet> {
  const found: PartialFile[] = [];
  for (const path of paths) found.push(await readPartial(path));
  const [first] = found;
  if (!first) throw new InputError('`partials`: name the files that shards have written, or their folder');
  for (const partial of found) {
    checkVersion(partial);
    checkSame(first, partial);
  }
  const { words, of } = first.head;
  const partials: PartialFile[] = [];
  for (const partial of found) {
    const { shard } = partial.head;
    const other = partials[shard - 1];
    if (other) {
      throw new InputError({
        file: partial.path,
        problem: `is shard ${shard} of ${of}, as ${other.path} is`,
        mend: 'leave one of them out',
      });
    }
    partials[shard - 1] = partial;
  }
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter((shard) => !partials[shard - 1]);
  if (missing.length > 0) throw new InputError(`${listOf(missing, of)}; compute what is missing, then merge`);
  return { words, partials };
}

/** A few numbers of many. */
function listOf(missing: readonly number[], of: number): string {
  const shown = missing.slice(0, 10).join(', ');
  const more = missing.length > 10 ? ` and ${missing.length - 10} more` : '';
  return missing.length === 1 ? `shard ${shown} of ${of} is missing` : `shards ${shown}${more} of ${of} are missing`;
}

function checkVersion({ path, head: { tool } }: PartialFile): void {
  if (tool.name === TOOL.name && tool.version === TOOL.version) return;
  throw new InputError({
    file: path,
    problem: `was computed by version ${tool.version}, and this is ${TOOL.version}`,
    mend: 'merge with the version that computed the shards',
  });
}

function checkSame(first: PartialFile, partial: PartialFile): void {
  if (partial.head.of !== first.head.of) {
    throw new InputError({
      file: partial.path,
      problem: `is one of ${partial.head.of} shards, and ${first.path} one of ${first.head.of}`,
      mend: 'merge the shards of one plan',
    });
  }
  const [words, expected] = [partial.head.words, first.head.words];
  if (words.join('\n') === expected.join('\n')) return;
  const other = words.find((word, i) => word !== expected[i]) ?? expected.find((word, i) => word !== words[i]) ?? '';
  throw new InputError({
    file: partial.path,
    problem: `is a shard of another command than ${first.path} (they differ in ${other})`,
    mend: 'merge the shards of one command',
  });
}

/** Reads the units of all tasks from shards. */
export function mergeOf({ partials }: ShardSet): Division {
  return {
    kind: 'merge',
    units: (task) => unitsOf(task, partials),
    madeFrom: (facts) => {
      for (const partial of partials) checkMadeFrom(partial, facts);
    },
  };
}

function checkMadeFrom({ path, ending: { madeFrom } }: PartialFile, facts: Readonly<Record<string, string>>): void {
  for (const [what, hash] of Object.entries(facts)) {
    if (Object.hasOwn(madeFrom, what) && madeFrom[what] === hash) continue;
    throw new InputError({
      file: path,
      problem: `was computed from another ${what}`,
      mend: 'compute the shard again, or merge where that is what it was',
    });
  }
}

async function* unitsOf<T>({ name, beside, schema }: Task<T>, partials: readonly PartialFile[]): AsyncGenerator<T> {
  const parts = partials.map((partial) => {
    const task = partial.ending.tasks.find((own) => own.name === name);
    if (!task) throw damaged(partial, `lacks its part of ${name}`);
    return { partial, task, units: partial.units(task)[Symbol.asyncIterator]() };
  });
  const total = parts.reduce((sum, { task }) => sum + task.units, 0);
  const of = parts.length;
  const first = firstShard(beside ?? name, of);
  parts.forEach(({ partial, task }, i) => {
    const place = (i - (first - 1) + of) % of;
    const share = Math.ceil((total - place) / of);
    if (task.units !== share) throw damaged(partial, `holds ${task.units} of ${total} units of ${name}`);
  });
  try {
    for (let unit = 0; unit < total; unit++) {
      const { partial, units } = parts[shardOf(unit, first, of) - 1]!;
      const next = await units.next();
      const checked = matchSchema(schema, next.value);
      if ('problem' in checked) throw damaged(partial, `unit ${unit} of ${name}: ${checked.problem.message}`);
      yield checked.value;
    }
    for (const { units } of parts) await units.next();
  } finally {
    for (const { units } of parts) await units.return?.();
  }
}

function damaged({ path }: PartialFile, problem: string): InputError {
  return new InputError({ file: path, problem, mend: 'compute the shard again' });
}
