/** Traces whose batches are split exactly into rows. */
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import type { TraceResult } from '../../../src/results/trace.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import type { TrainOptions } from '../../../src/train/options.js';
import { traceToFolder } from '../../../src/workflows/trace.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { smallRun, type SmallRun } from '../../helpers/small-run.js';

const folders = { plain: temporaryFolder(), momentum: temporaryFolder() };
const EXAMPLES = 40;
const runtime = nodeRuntime({ threads: 1 });
const runs: Partial<Record<keyof typeof folders, SmallRun>> = {};

beforeAll(async () => {
  const options: Record<keyof typeof folders, Partial<TrainOptions>> = {
    // Without a state, an update is one batch's own: the equal parts of batches of one example are exact.
    plain: { sampler: 'single-instance', optimizer: 'sgd', ghostSize: 4, epochs: 1 },
    momentum: { sampler: 'shuffled', optimizer: 'momentum', ghostSize: 0, epochs: 2 },
  };
  for (const name of Object.keys(folders) as (keyof typeof folders)[]) {
    runs[name] = await smallRun(folders[name], options[name], EXAMPLES);
  }
});

async function traced(name: keyof typeof folders, split: 'batch' | 'exact'): Promise<TraceResult> {
  const { directory, dataSpec } = runs[name]!;
  return traceToFolder({
    runDirectory: directory,
    inputs: [`${dataSpec}@0,3`],
    out: join(folders[name], split),
    split,
    options: { topK: EXAMPLES },
    runtime,
  });
}

const gammasOf = ({ examples, opponents }: TraceResult['queries'][number]['layers'][number]) =>
  new Map([...examples, ...opponents].map(({ index, gamma }) => [index, gamma]));

test('of batches of one example without momentum they are what equal parts say', async () => {
  const [batch, exact] = [await traced('plain', 'batch'), await traced('plain', 'exact')];
  expect(exact.split).toBe('exact');
  batch.queries.forEach((query, q) =>
    query.layers.forEach((layer, l) => {
      const [equal, split] = [gammasOf(layer), gammasOf(exact.queries[q]!.layers[l]!)];
      const scale = Math.max(...[...equal.values()].map(Math.abs));
      // Sums of float32 products in another order; the log is float32.
      for (const [index, gamma] of split) expect(Math.abs(gamma - equal.get(index)!) / scale).toBeLessThan(1e-4);
      expect(split.size).toBe(equal.size);
    }),
  );
});

test('whatever the sampler and the optimizer, they sum to what all updates did', async () => {
  const [batch, exact] = [await traced('momentum', 'batch'), await traced('momentum', 'exact')];
  batch.queries.forEach((query, q) =>
    query.layers.forEach((layer, l) => {
      const split = exact.queries[q]!.layers[l]!;
      const total = layer.classes.reduce((sum, { gamma }) => sum + gamma, layer.mixed?.gamma ?? 0);
      const sum = split.classes.reduce((sum, { gamma }) => sum + gamma, split.mixed?.gamma ?? 0);
      const size = [...gammasOf(split).values()].reduce((sum, gamma) => sum + Math.abs(gamma), 0);
      expect(split.mixed?.gamma ?? 0).toBe(0);
      expect(Math.abs(sum - total) / size).toBeLessThan(1e-4);
    }),
  );
});
