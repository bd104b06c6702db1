/** Outputs of a model for all probes, block by block: what shards of a check divide. */
import * as v from 'valibot';
import type { Session } from '../../runtime/runtime.js';
import { count } from '../../schema/fields.js';
import type { Division } from '../../shards/division.js';
import { elementCount } from '../../tensor.js';
import { attempt, CouldNotRun, need, type Measured } from '../unavailable.js';
import type { ProbeFeed } from './feeds.js';
import { runRows } from './run-rows.js';
import type { Rows } from './statistics.js';

/** Probes in a block. */
const BLOCK = 256;

type Outputs = Record<string, Rows>;

/**
 * The outputs for every probe.
 * @param rows how many probes share a call; as many as the model takes by default
 * @throws CouldNotRun as `runRows` does; PartComputed in a shard
 */
export async function runBlocks(
  session: Session,
  feeds: readonly ProbeFeed[],
  fetches: readonly string[],
  { rows, division }: { readonly rows?: number | undefined; readonly division: Division },
): Promise<Outputs> {
  const probes = feeds[0]?.dims[0] ?? 1;
  const blocks = division.units({
    name: 'outputs',
    schema,
    compute: async function* (isOwn) {
      for (let block = 0, start = 0; start < probes; block++, start += BLOCK) {
        if (!isOwn(block)) continue;
        const part = feeds.map((feed) => rowsOf(feed, start, Math.min(start + BLOCK, probes)));
        yield await attempt(() => runRows(session, part, fetches, { rows }));
      }
    },
  });
  const found: Outputs = {};
  let start = 0;
  for await (const block of blocks) {
    if ('problem' in block) throw new CouldNotRun(block.problem);
    for (const [name, { rows: own, size, data }] of Object.entries(need(block, 'the outputs'))) {
      const all = (found[name] ??= { rows: probes, size, data: new Float32Array(probes * size) });
      if (all.size !== size) throw new CouldNotRun(`output "${name}" changes its size from example to example`);
      all.data.set(data.subarray(0, own * size), start * size);
    }
    start += BLOCK;
  }
  return found;
}

function rowsOf({ dims: [, ...dims], data, isReal }: ProbeFeed, start: number, end: number): ProbeFeed {
  const size = elementCount(dims);
  return { dims: [end - start, ...dims], data: data.subarray(start * size, end * size), isReal };
}

const outputs = v.record(v.string(), v.object({ rows: count, size: count, data: v.instance(Float32Array) }));
const schema: v.GenericSchema<unknown, Measured<Outputs>> = v.union([
  v.object({ value: outputs }),
  v.object({ problem: v.string() }),
]);
