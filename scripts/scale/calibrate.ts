/** How fast this machine does what a trace consists of, measured with a run of a quarter of the size and with single functions. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '../../src/data/open-dataset.js';
import { topOf } from '../../src/explain/trace/aggregate.js';
import { contrastOf, deal } from '../../src/explain/trace/step-sums.js';
import { openLog } from '../../src/log/read/reader.js';
import { seededRandom } from '../../src/numeric/random.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { storeSettings, take, type Taken } from './command.js';
import { serveSlowly } from './slow-store.js';
import { volumesOf, type Rates, type Sizes } from './model.js';

/** Numbers of an array that no cache holds. */
const MANY = 2 ** 25;

const TIMES = 3;

/** Of a few the one in the middle, by processor time. */
async function middle(make: () => Promise<Taken>): Promise<Taken> {
  const all: Taken[] = [];
  while (all.length < TIMES) all.push(await make());
  return all.sort((a, b) => a.cpu - b.cpu)[Math.floor(TIMES / 2)]!;
}

/**
 * Measures.
 * @param folder that holds the run `small` of these sizes, and its data
 */
export async function ratesOn(folder: string, data: string, sizes: Sizes): Promise<Rates> {
  const opened = volumesOf(sizes).data / (await secondsToOpen(join(folder, data)));
  const one: Sizes = { ...sizes, queries: 1, shards: 1 };
  const many: Sizes = { ...sizes, queries: 250, shards: 1 };
  const words = ({ queries, references }: Sizes, out: string, shard: string, run = 'small') => [
    ...['trace', run, `--data=${data}`, `--input=${data}@0-${queries - 1}`, `--references=${references}`],
    ...['--split=batch', '--no-map', `--shard=${shard}`, `--out=${out}`],
  ];
  const shard = (of: Sizes, out: string, which = '1/1') => middle(() => take(folder, words(of, out, which)));
  const none = await shard(one, 'none', '100/100');
  const [first, second] = [await shard(one, 'one'), await shard(many, 'many')];
  const store = await serveSlowly(folder, 0);
  const fetched = async (which: string) => {
    const before = store.requests();
    const found = await middle(() =>
      take(folder, words(one, 'fetched', which, 's3://bucket/small'), storeSettings(store.endpoint)),
    );
    return { cpu: found.cpu, requests: (store.requests() - before) / TIMES };
  };
  const [fetchedNone, fetchedAll] = [await fetched('100/100'), await fetched('1/1')];
  store.close();
  const merged = (parts: string) => middle(() => take(folder, ['merge', parts, `--out=${parts}-why`, '--force']));
  const [least, most] = [await merged('one'), await merged('many')];
  const dataSeconds = volumesOf(one).data / opened;
  // What many inputs take more than one is products; what one takes more than none, products and reading.
  const [fewer, more] = [volumesOf(one).operations, volumesOf(many).operations];
  const computed = (more - fewer) / (second.cpu - first.cpu);
  const read = volumesOf(one).read / Math.max(0.01, first.cpu - none.cpu - fewer / computed);
  const querySeconds = (most.cpu - least.cpu) / (many.queries - one.queries);
  return {
    startSeconds: none.cpu - dataSeconds,
    startBytes: none.read - statSync(join(folder, data)).size,
    opened,
    read,
    fetched: volumesOf(one).read / (fetchedAll.cpu - fetchedNone.cpu - (first.cpu - none.cpu)),
    storeSeconds: fetchedNone.cpu - none.cpu,
    startRequests: fetchedNone.requests,
    computed,
    mergeSeconds: least.cpu - dataSeconds - querySeconds,
    querySeconds,
    recordsRead: await recordRate(join(folder, 'small'), volumesOf(sizes).records),
    added: addRate(sizes.batch),
    ranked: rankRate(),
  };
}

function secondsFor(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}

async function secondsToOpen(path: string): Promise<number> {
  const began = performance.now();
  for (let time = 0; time < TIMES; time++) await openDataset(path, { split: 'train', onDemand: true });
  return (performance.now() - began) / 1000 / TIMES;
}

async function recordRate(run: string, bytes: number): Promise<number> {
  const log = await openLog(run, await readManifest(run));
  const rounds = 20;
  const began = performance.now();
  for (let round = 0; round < rounds; round++) for await (const step of log.steps()) void step.step;
  return (rounds * bytes) / ((performance.now() - began) / 1000);
}

function addRate(batch: number): number {
  const sums = new Float64Array(MANY).fill(1);
  const random = seededRandom(1, 1);
  const steps = Array.from({ length: 20_000 }, () => ({
    examples: Array.from({ length: batch }, () => random.below(MANY)),
  }));
  return (steps.length * batch) / secondsFor(() => steps.forEach((use) => deal(sums, use, 1)));
}

function rankRate(): number {
  const random = seededRandom(1, 2);
  const values = Float64Array.from({ length: MANY }, () => random.uniform() - 0.5);
  const mean = new Float64Array(MANY).fill(1e-3);
  return (
    MANY /
    secondsFor(() => {
      const ranked = contrastOf(values, mean, 1);
      topOf(ranked, 1, 10);
      topOf(ranked, -1, 10);
    })
  );
}
