/** Runs a session on all probes, as many at once as the model takes, and hands back one row per example. */
import { fromFloat16, toFloat16 } from '../../numeric/float16.js';
import { allocate } from '../../onnx/element-type.js';
import type { Session, ValueMetadata } from '../../runtime/runtime.js';
import { elementCount, type Tensor } from '../../tensor.js';
import type { ProbeFeed } from './feeds.js';
import type { Rows } from './statistics.js';
import { CouldNotRun } from '../unavailable.js';

/** Most bytes of input in one call. */
const CALL_BYTES = 2 ** 25;

/** More bytes of input than this are not tried in one call: a fixed batch may be of any size. */
const MOST_BYTES = 2 ** 30;

/** Examples that the model takes in every call, where it takes one number of them only. */
export function fixedRows({ inputs }: Pick<Session, 'inputs'>): number | undefined {
  const sizes = inputs.map(({ shape }) => shape[0]).filter((dim) => typeof dim === 'number');
  return sizes.length > 0 ? Math.max(1, sizes[0]!) : undefined;
}

/**
 * How many of the wanted examples go into one call: the model's own batch size where it is fixed.
 * @throws CouldNotRun when that is too large
 */
export function rowsPerCall(session: Pick<Session, 'inputs'>, feeds: readonly ProbeFeed[], wanted = Infinity): number {
  const [count = 1] = feeds[0]?.dims ?? [];
  const bytes = Math.max(1, feeds.reduce((sum, { data }) => sum + 4 * data.length, 0) / count);
  const fixed = fixedRows(session);
  if (fixed === undefined) return Math.max(1, Math.min(count, wanted, Math.floor(CALL_BYTES / bytes)));
  if (fixed * bytes > MOST_BYTES) throw new CouldNotRun(`the model takes ${fixed} examples in every call, too many`);
  return fixed;
}

/**
 * The outputs for every example. Outputs that do not follow the batch are computed example by example.
 * @param count how many of the examples, all by default, and `rows` how many share a call
 * @throws CouldNotRun when the model refuses the probes, or an output changes its size from example to example
 */
export async function runRows(
  session: Session,
  feeds: readonly ProbeFeed[],
  fetches: readonly string[],
  { count = feeds[0]?.dims[0] ?? 1, rows = rowsPerCall(session, feeds, count) } = {},
): Promise<Record<string, Rows>> {
  const collected = new Map<string, Rows>();
  for (let at = 0; at < count; at += rows) {
    const inputs = session.inputs.map((input, i) => slice(input, feeds[i]!, at, rows, count));
    const outputs = await call(session, Object.fromEntries(inputs), fetches);
    for (const name of fetches) {
      const { dims, data, type } = outputs[name]!;
      if (dims[0] !== rows && rows > 1) {
        // A batch of one row makes the whole output that row's; a fixed batch leaves no such way.
        if (fixedRows(session) !== undefined)
          throw new CouldNotRun(`output "${name}" has no row for each example of the batch`);
        return runRows(session, feeds, fetches, { rows: 1, count });
      }
      const size = elementCount(dims) / rows;
      const all = collected.get(name) ?? { rows: count, size, data: new Float32Array(count * size) };
      if (all.size !== size) throw new CouldNotRun(`output "${name}" changes its size from example to example`);
      if (type === 'string') throw new CouldNotRun(`output "${name}" is text`);
      collected.set(name, all);
      const used = Math.min(rows, count - at) * size;
      for (let i = 0; i < used; i++) {
        const value = Number(data[i]);
        all.data[at * size + i] = type === 'float16' ? fromFloat16(value) : value;
      }
    }
  }
  return Object.fromEntries(collected);
}

/** Rows of one input, the last one repeated where a fixed batch wants more than are left. */
function slice(
  { name, type }: ValueMetadata,
  { dims, data }: ProbeFeed,
  at: number,
  rows: number,
  count: number,
): [string, Tensor] {
  const size = elementCount(dims.slice(1));
  const part = allocate(type, rows * size);
  for (let row = 0; row < rows; row++) {
    const from = Math.min(at + row, count - 1) * size;
    for (let i = 0; i < size; i++) {
      const value = data[from + i]!;
      (part as Float32Array)[row * size + i] = convert(value, type) as number;
    }
  }
  return [name, { type, dims: [rows, ...dims.slice(1)], data: part }];
}

function convert(value: number, type: string): number | bigint | string {
  if (type === 'float16') return toFloat16(value);
  if (type === 'int64' || type === 'uint64') {
    if (!Number.isFinite(value)) throw new CouldNotRun(`${value} is not a whole number`);
    return BigInt(Math.round(value));
  }
  return type === 'string' ? String(value) : value;
}

async function call(session: Session, feeds: Record<string, Tensor>, fetches: readonly string[]) {
  try {
    return await session.run(feeds, fetches);
  } catch (error) {
    const fed = Object.entries(feeds).map(([name, { dims }]) => `${name} [${dims.join(', ')}]`);
    throw new CouldNotRun(`the model cannot be run on ${fed.join(', ')}: ${(error as Error).message}`);
  }
}
