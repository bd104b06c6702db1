/** Units are dealt out to shards, each to one, and come back in their order; what does not belong together is refused. */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as v from 'valibot';
import { inFull, PartComputed, partly, unitsOf, WHOLE, type Division, type Task } from '../../src/shards/division.js';
import { mergeOf, openShards } from '../../src/shards/merge.js';
import { writePartial } from '../../src/shards/partial-file.js';
import { computeShard, firstShard, partialName, shardOf } from '../../src/shards/shard.js';
import { TOOL } from '../../src/tool.js';
import { temporaryFolder } from '../helpers/data-files.js';

const folder = temporaryFolder();
let folders = 0;
const freshFolder = () => join(folder, String(folders++));

/** A task whose units are their own numbers, and who computed what. */
function numbers(name: string, count: number, computed: number[] = []): Task<number> {
  return {
    name,
    schema: v.number(),
    compute: async function* (isOwn) {
      for (let unit = 0; unit < count; unit++) {
        if (!isOwn(unit)) continue;
        computed.push(unit);
        yield await Promise.resolve(unit);
      }
    },
  };
}

const headOf = (shard: number, of: number, words = ['count']) => ({ tool: TOOL, words, shard, of });

/** Two tasks, as a command has them. @returns what it makes of them */
async function command(division: Division, counts: readonly number[], computed: number[] = []): Promise<number[][]> {
  division.madeFrom({ run: 'one' });
  return inFull(counts.map((count, i) => () => unitsOf(division, numbers(`task ${i}`, count, computed))));
}

test('every unit belongs to one shard, and a task’s units to as many as can be', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 40 }), (task, of, units) => {
      const first = firstShard(task, of);
      const own = Array.from({ length: of }, (_, s) =>
        Array.from({ length: units }, (_, u) => u).filter((u) => shardOf(u, first, of) === s + 1),
      );
      expect(own.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: units }, (_, u) => u));
      for (const { length } of own) expect(Math.abs(length - units / of)).toBeLessThan(1);
    }),
  );
});

test('shards compute each unit once, and a merge gives what the whole gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 7 }), fc.array(fc.nat(12), { maxLength: 3 }), async (of, counts) => {
      const parts = freshFolder();
      const computed: number[] = [];
      const paths: string[] = [];
      for (let shard = 1; shard <= of; shard++) {
        const work = async (division: Division) => {
          await command(division, counts, computed);
          throw new PartComputed();
        };
        paths.push(await computeShard(parts, headOf(shard, of), work));
      }
      expect(computed).toHaveLength(counts.reduce((sum, count) => sum + count, 0));
      const merged = await command(mergeOf(await openShards(paths.reverse())), counts);
      expect(merged).toEqual(await command(WHOLE, counts));
    }),
    { numRuns: 25 },
  );
});

test('what depends on other shards ends, and what does not goes on', async () => {
  const seen: string[] = [];
  await computeShard(freshFolder(), headOf(1, 2), async (division) => {
    const found = await partly(() => unitsOf(division, numbers('first', 3)));
    seen.push(String(found));
    await expect(
      inFull<unknown>([
        () => Promise.resolve(1),
        () => unitsOf(division, numbers('second', 3)),
        () => Promise.resolve(seen.push('third')),
      ]),
    ).rejects.toThrow(PartComputed);
    throw new PartComputed();
  });
  expect(seen).toEqual(['undefined', 'third']);
});

test('an error of the work leaves nothing behind', async () => {
  const parts = freshFolder();
  const work = () => Promise.reject(new Error('broken'));
  await expect(computeShard(parts, headOf(1, 2), work)).rejects.toThrow('broken');
  await expect(openShards([join(parts, partialName(headOf(1, 2)))])).rejects.toThrow(/no such file/);
});

/** What a shard's file says. */
interface Faked {
  readonly words?: readonly string[];
  readonly run?: string;
  readonly units?: readonly unknown[];
  readonly version?: string;
}

describe('what does not belong together', () => {
  async function shard(
    number: number,
    of: number,
    { words = ['count'], run = 'one', units = [0], version = TOOL.version }: Faked = {},
  ) {
    const path = join(freshFolder(), partialName({ shard: number, of }));
    const writer = await writePartial(path, { tool: { ...TOOL, version }, words, shard: number, of });
    writer.task('task 0');
    for (const unit of units) await writer.add('task 0', unit);
    await writer.finish({ run });
    return path;
  }
  const merge = async (...paths: readonly string[]) => command(mergeOf(await openShards(paths)), [2]);

  test.each([
    ['nothing', () => Promise.resolve([]), /`partials`: name the files/],
    [
      'a shard is missing',
      async () => [await shard(1, 3), await shard(3, 3)],
      /^shard 2 of 3 is missing; compute what/,
    ],
    ['most are missing', async () => [await shard(7, 20)], /^shards 1, 2, .*10, 11 and 9 more of 20 are missing/],
    ['one is there twice', async () => [await shard(1, 2), await shard(1, 2)], /is shard 1 of 2, as .* is; leave one/],
    ['two plans', async () => [await shard(1, 2), await shard(2, 3)], /is one of 3 shards, and .* one of 2; merge/],
    [
      'two commands',
      async () => [await shard(1, 2, { words: ['a', '--x=1'] }), await shard(2, 2, { words: ['a', '--x=2'] })],
      /another command than .* \(they differ in --x=2\)/,
    ],
    ['another version', async () => [await shard(1, 1, { version: '0.0.9' })], /computed by version 0\.0\.9, and this/],
    [
      'another run',
      async () => [await shard(1, 2), await shard(2, 2, { run: 'two' })],
      /shard-2-of-2\.partial: was computed from another run; compute the shard again/,
    ],
    [
      'units that nobody asked for',
      async () => [await shard(1, 2, { units: [0, 1, 2] }), await shard(2, 2, { units: [] })],
      /holds [03] of 3 units of task 0/,
    ],
    ['units of another kind', async () => [await shard(1, 1, { units: ['a', 'b'] })], /unit 0 of task 0: expected/],
  ])('%s', async (_, make, message) => {
    await expect(make().then((paths) => merge(...paths))).rejects.toThrow(message);
  });

  test('a task that a shard does not know', async () => {
    const path = await shard(1, 1);
    const division = mergeOf(await openShards([path]));
    await expect(unitsOf(division, numbers('other', 1))).rejects.toThrow(/lacks its part of other; compute/);
  });

  test('another command’s shard in the same place', async () => {
    const parts = freshFolder();
    const work = () => Promise.reject(new PartComputed());
    await computeShard(parts, headOf(1, 2), work);
    await computeShard(parts, headOf(1, 2), work);
    await expect(computeShard(parts, headOf(1, 2, ['other']), work)).rejects.toThrow(
      /holds the shard of another command \(count\); choose another `out`/,
    );
  });
});
