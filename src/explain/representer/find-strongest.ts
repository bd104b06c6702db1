/** The strongest training points of scores, as a graph finds them. */
import type { Session } from '../../runtime/runtime.js';
import { int64, toNumbers, type Tensor } from '../../tensor.js';
import { floatTensor, rowBlocks } from './features/features.js';
import { weightOf, type PointSet } from './point-set.js';
import type { Precision } from './rounding.js';
import { spareFor, type Candidates } from './strongest.js';
import type { TargetSums } from './target-sums.js';

/** Queries that are answered in one pass over the training points, at most. */
export const MOST_QUERIES = 256;

/** Values that one call of the graph computes. */
const VALUES = 2 ** 22;

/** Bytes of features in one call: at most, and in float64, for which they are converted. */
const [MOST_BYTES, CONVERTED_BYTES] = [2 ** 30, 2 ** 22];

/** A score of a query. */
export interface Query {
  readonly features: Float32Array | Float64Array;
  readonly target: number;
  readonly sums: TargetSums;
}

/** What the graph says of a query; values are of α / scale. */
export interface Found {
  positive: number;
  /** The lowest values have their sign turned. */
  readonly highest: Candidates[];
  readonly lowest: Candidates[];
}

/** Runs the graph over all training points, block by block. */
export async function findStrongest(
  session: Session,
  set: PointSet,
  queries: readonly Query[],
  { type }: Precision,
  topK: number,
): Promise<Found[]> {
  const { features } = set;
  const { columns } = features;
  const targets = [...new Set(queries.map(({ target }) => target))];
  const ofTarget = targets.map((target) => queries.find((query) => query.target === target)!.sums);
  const asked = floats(type, queries.length * columns);
  queries.forEach((query, q) => asked.set(query.features, q * columns));
  const fixed = {
    queries: floatTensor(asked, [queries.length, columns]),
    targets: int64(queries.map(({ target }) => targets.indexOf(target))),
  };
  const found = queries.map((): Found => ({ positive: 0, highest: [], lowest: [] }));
  const row = columns * features.data.BYTES_PER_ELEMENT;
  const bytes =
    type === 'float32'
      ? Math.min(MOST_BYTES, Math.floor(VALUES / queries.length) * row)
      : Math.max(CONVERTED_BYTES, MOST_QUERIES * row);
  for (const { start, rows, tensor } of rowBlocks(features, bytes)) {
    const listed = Math.min(rows, topK + spareFor(topK));
    const output = await session.run({
      ...fixed,
      features: tensor,
      alpha: alphaOf(set, type, targets, ofTarget, start, rows),
      listed: int64([listed]),
    });
    const positive = output.positive!.data as Float64Array;
    const [highest, lowest] = (['highest', 'lowest'] as const).map((name) => {
      const values = toNumbers(output[name]!);
      return {
        values: name === 'lowest' ? values.map((value) => -value) : values,
        at: toNumbers(output[`${name} at`]!),
      };
    });
    found.forEach((each, q) => {
      each.positive += positive[q]!;
      const candidates = ({ values, at }: { values: number[]; at: number[] }): Candidates => ({
        values: values.slice(q * listed, (q + 1) * listed),
        indices: at.slice(q * listed, (q + 1) * listed).map((index) => start + index),
        leftOut: listed < rows ? values[(q + 1) * listed - 1]! : -Infinity,
      });
      each.highest.push(candidates(highest!));
      each.lowest.push(candidates(lowest!));
    });
  }
  return found;
}

/** α / scale of a block of training points, [targets, rows]. */
function alphaOf(
  set: PointSet,
  type: Precision['type'],
  targets: readonly number[],
  sums: readonly TargetSums[],
  start: number,
  rows: number,
): Tensor {
  const dims = [targets.length, rows];
  const short = sums.map(({ alpha }) => alpha.subarray(start, start + rows));
  if (type === 'float32' && short.length === 1) return floatTensor(short[0]!, dims);
  const result = floats(type, targets.length * rows);
  targets.forEach((target, t) => {
    if (type === 'float32') result.set(short[t]!, t * rows);
    else for (let i = 0; i < rows; i++) result[t * rows + i] = weightOf(set, start + i, target) / sums[t]!.scale;
  });
  return floatTensor(result, dims);
}

function floats(type: Precision['type'], length: number): Float32Array | Float64Array {
  return type === 'float32' ? new Float32Array(length) : new Float64Array(length);
}
