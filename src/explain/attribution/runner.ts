/** Runs a graph over any number of rows, as many at once as memory allows. */
import type { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import { graphOf } from '../../onnx/model.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { elementCount, float32, int64, type Tensor } from '../../tensor.js';
import { exampleSize, type ExplainedModel } from './explained-model.js';

/** One row of each input, by the input's name: floats, or one whole number. */
export type Row = Readonly<Record<string, Float32Array | number>>;

/** One row of each output, by the output's name. */
export type RowResult = Readonly<Record<string, Float32Array | Float64Array>>;

/** A graph whose inputs and outputs all have the batch as their first axis. */
export interface Runner {
  /** Results in the order of the rows. */
  run(rows: readonly Row[]): Promise<RowResult[]>;
  release(): Promise<void>;
}

/** What the values of one call may take. */
const MEMORY = 2 ** 28;

/** Values of the forward pass, their gradients, and what rules compute besides. */
const COPIES = 4;

/** More rows than this make a call no faster. */
const MOST_ROWS = 64;

/** How many rows of a model's input go into one call. */
export function rowsPerCall(explained: ExplainedModel): number {
  const elements = graphOf(explained.model)
    .node.flatMap(({ output }) => output)
    .filter((name) => name !== '' && explained.values.has(name))
    .reduce((sum, name) => sum + exampleSize(explained, name), exampleSize(explained, explained.input.name));
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(MEMORY / (4 * COPIES * elements))));
}

/**
 * Makes a finished graph ready to run. It is loaded when it first runs: several may wait, and each loaded one holds the
 * model's weights.
 * @param rows most rows of one call
 */
export function openRunner(runtime: Runtime, g: GraphBuilder, rows: number): Runner {
  let loaded: Promise<Session> | undefined;
  return {
    run: async (all) => {
      const session = await (loaded ??= runtime.createSession(encodeModel(g.model())));
      const results: RowResult[] = [];
      for (let at = 0; at < all.length; at += rows) results.push(...(await runOnce(session, all.slice(at, at + rows))));
      return results;
    },
    release: async () => {
      await (await loaded)?.release();
      loaded = undefined;
    },
  };
}

async function runOnce(session: Session, rows: readonly Row[]): Promise<RowResult[]> {
  const feeds = Object.fromEntries(
    session.inputs.map(({ name, shape }) => [
      name,
      stack(
        rows.map((row) => row[name]!),
        shape.slice(1).map(Number),
      ),
    ]),
  );
  const outputs = Object.entries(await session.run(feeds));
  return rows.map((_, i) =>
    Object.fromEntries(
      outputs.map(([name, { dims, data }]) => {
        const size = elementCount(dims.slice(1));
        return [name, (data as Float32Array).subarray(i * size, (i + 1) * size)];
      }),
    ),
  );
}

function stack(rows: readonly (Float32Array | number)[], dims: readonly number[]): Tensor {
  if (typeof rows[0] === 'number') return int64(rows as number[]);
  const size = elementCount(dims);
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, i) => data.set(row as Float32Array, i * size));
  return float32(data, [rows.length, ...dims]);
}
