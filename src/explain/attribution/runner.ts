/** Runs a graph over any number of rows, as many at once as memory allows. */
import type { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import { graphOf } from '../../onnx/model.js';
import type { Session } from '../../runtime/runtime.js';
import { elementCount, float32, int64, type Tensor } from '../../tensor.js';
import { mostRows, type Classifier } from '../../classifier/classifier.js';
import { BATCH } from '../../graph/values.js';
import type { PassContext } from './pass-context.js';

/** One row of each input, by the input's name: floats, or one whole number. */
export type Row = Readonly<Record<string, Float32Array | number>>;

/** One row of each output, by the output's name. */
export type RowResult = Readonly<Record<string, Float32Array | Float64Array>>;

/** A graph whose inputs and outputs all have the batch as their first axis, but for weights that are fed. */
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
const MOST_ROWS = 100;

/** How many rows of a model's input go into one call. */
export function rowsPerPass(explained: Classifier): number {
  const elements = graphOf(explained.model)
    .node.flatMap(({ output }) => output)
    .filter((name) => name !== '' && explained.values.has(name))
    .reduce((sum, name) => sum + exampleSize(explained, name), exampleSize(explained, explained.input.name));
  return Math.max(1, Math.min(MOST_ROWS, mostRows(explained), Math.floor(MEMORY / (4 * COPIES * elements))));
}

/** Elements of one example of a value. */
export function exampleSize({ values, batch }: Classifier, value: string): number {
  const sizes = values.of(value).dims.map((dim) => (typeof dim === 'number' ? dim : multipleOfBatch(dim)));
  return elementCount(sizes) / (batch ?? 1);
}

/** How many rows an example has along an axis that follows the batch: `4*batch` has 4. */
function multipleOfBatch(dim: string): number {
  return dim.endsWith(`*${BATCH}`) ? Number.parseInt(dim, 10) : 1;
}

/**
 * Makes a finished graph ready to run. It is loaded when it first runs: several may wait, and each loaded one holds the
 * model's weights.
 * @param context what the graph is made from, which says how many rows may share a call, and the weights that it takes
 */
export function openRunner({ runtime, explained, weights }: PassContext, g: GraphBuilder): Runner {
  const most = rowsPerPass(explained);
  let loaded: Promise<Session> | undefined;
  return {
    run: async (all) => {
      const session = await (loaded ??= runtime.createSession(encodeModel(g.model())));
      const results: RowResult[] = [];
      const shared = weights?.current() ?? {};
      // In equal parts: a few rows that are left over take longer than their share.
      const rows = Math.ceil(all.length / Math.ceil(all.length / most));
      for (let at = 0; at < all.length; at += rows)
        results.push(...(await runOnce(session, all.slice(at, at + rows), shared, explained.batch)));
      return results;
    },
    release: async () => {
      await (await loaded)?.release();
      loaded = undefined;
    },
  };
}

/**
 * @param shared tensors that all rows have in common, by the input's name
 * @param batch rows that a call must have; what is missing is made up with copies of the first row
 */
async function runOnce(
  session: Session,
  given: readonly Row[],
  shared: Readonly<Record<string, Tensor>>,
  batch: number | undefined,
): Promise<RowResult[]> {
  const missing = batch === undefined ? 0 : batch - given.length;
  const rows = [...given, ...new Array<Row>(missing).fill(given[0]!)];
  const feeds = Object.fromEntries(
    session.inputs.map(({ name, shape }) => [
      name,
      shared[name] ??
        stack(
          rows.map((row) => row[name]!),
          shape.slice(1).map(Number),
        ),
    ]),
  );
  const outputs = Object.entries(await session.run(feeds));
  return given.map((_, i) =>
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
