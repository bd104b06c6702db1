/** Training examples that look alike to the last layer, and the labels that they vote for. */
import { GraphBuilder } from '../../../graph/builder.js';
import { encodeModel } from '../../../onnx/codec.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import type { Runtime, Session } from '../../../runtime/runtime.js';
import { float32, int64 } from '../../../tensor.js';
import type { FeatureMatrix } from '../../representer/features/features.js';
import type { LabelledRows } from './out-of-fold.js';

/** Most neighbours that vote: beyond it, votes of ten classes with 40 % of wrong labels get no surer. */
const MOST_NEIGHBOURS = 60;

/** Examples that neighbours are looked for among; of more, so many evenly spread ones. */
const MOST_REFERENCES = 20_000;

/** Numbers of a block of similarities. */
const BLOCK = 2 ** 23;

/** A training example that looks like another one. */
export interface Neighbour {
  readonly index: number;
  /** Cosine of the features, −1 to 1. */
  readonly similarity: number;
}

/**
 * How many neighbours vote: many, so that the wrong labels among them are outvoted, but no more than half of an average
 * class has, so that a class is not outvoted by the next one; at least 3.
 */
export function neighbourCount(rows: number, classes: number): number {
  return Math.max(1, Math.min(MOST_NEIGHBOURS, Math.max(3, Math.round(rows / (2 * classes))), rows - 1));
}

/**
 * The share of each example's nearest neighbours that carry each label, each neighbour counting by its cosine.
 * @returns [rows, classes], each row summing to 1 (or to 0, where nothing is alike)
 */
export async function neighbourVotes(
  { features, labels, classes }: LabelledRows,
  runtime: Runtime,
): Promise<Float64Array> {
  const count = neighbourCount(features.rows, classes);
  const votes = new Float64Array(features.rows * classes);
  const all = Int32Array.from(labels.keys());
  await nearest(features, all, count, undefined, runtime, (index, found) => {
    let total = 0;
    for (const { similarity } of found) total += Math.max(0, similarity);
    for (const { index: other, similarity } of found) {
      if (total > 0) votes[index * classes + labels[other]!]! += Math.max(0, similarity) / total;
    }
  });
  return votes;
}

/**
 * The nearest examples of another label.
 * @param chosen examples whose opponents are wanted
 * @returns for each of them, nearest first
 */
export async function opponentsOf(
  { features, labels }: Pick<LabelledRows, 'features' | 'labels'>,
  chosen: Int32Array,
  count: number,
  runtime: Runtime,
): Promise<Neighbour[][]> {
  const result = new Map<number, Neighbour[]>();
  const differ = (index: number, other: number) => labels[index] !== labels[other];
  await nearest(features, chosen, count, differ, runtime, (index, found) => result.set(index, found));
  return Array.from(chosen, (index) => result.get(index) ?? []);
}

/** Hands on the nearest neighbours of some rows, themselves left out, nearest first. */
async function nearest(
  features: FeatureMatrix,
  queries: Int32Array,
  count: number,
  wanted: ((index: number, other: number) => boolean) | undefined,
  runtime: Runtime,
  take: (index: number, found: Neighbour[]) => void,
): Promise<void> {
  const { rows, columns } = features;
  const unit = unitRows(features);
  const references = Math.min(rows, MOST_REFERENCES);
  const place = Int32Array.from({ length: references }, (_, k) => Math.floor((k * rows) / references));
  const among = references === rows ? unit : gathered(unit, place, columns);
  // Which neighbours count is known here only: where some do not, all are sorted.
  const asked = wanted ? references : Math.min(count + 1, references);
  const session = await openSearch(columns, runtime);
  try {
    const size = Math.max(1, Math.floor(BLOCK / references));
    for (let start = 0; start < queries.length; start += size) {
      const block = queries.subarray(start, start + size);
      const outputs = await search(session, gathered(unit, block, columns), among, columns, asked);
      block.forEach((index, q) => {
        const found: Neighbour[] = [];
        for (let k = q * asked; k < (q + 1) * asked && found.length < count; k++) {
          const other = place[outputs.places[k]!]!;
          if (other === index || (wanted && !wanted(index, other))) continue;
          found.push({ index: other, similarity: Math.min(1, outputs.similarities[k]!) });
        }
        take(index, found);
      });
    }
  } finally {
    await session.release();
  }
}

async function openSearch(columns: number, runtime: Runtime): Promise<Session> {
  const g = new GraphBuilder({ name: 'neighbours' });
  g.input('queries', 'float32', ['queries', columns]);
  g.input('references', 'float32', ['references', columns]);
  g.input('count', 'int64', [1]);
  const similarities = g.op('Gemm', ['queries', 'references'], { transB: 1 });
  const [best, places] = g.ops('TopK', [similarities, 'count'], { axis: 1, largest: 1, sorted: 1 }, 2);
  g.output(g.rename(best!, 'similarities'), 'float32');
  g.output(g.rename(g.op('Cast', [places!], { to: elementTypeCode('int32') }), 'places'), 'int32');
  return runtime.createSession(encodeModel(g.model()));
}

async function search(session: Session, queries: Float32Array, among: Float32Array, columns: number, count: number) {
  const { similarities, places } = await session.run({
    queries: float32(queries, [queries.length / columns, columns]),
    references: float32(among, [among.length / columns, columns]),
    count: int64([count]),
  });
  return { similarities: similarities!.data as Float32Array, places: places!.data as Int32Array };
}

/** Rows of length 1, in float32; rows of zeros stay zeros. */
function unitRows({ rows, columns, data }: FeatureMatrix): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    let square = 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) square += data[k]! ** 2;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) result[k] = data[k]! * scale;
  }
  return result;
}

function gathered(unit: Float32Array, indices: Int32Array, columns: number): Float32Array {
  const result = new Float32Array(indices.length * columns);
  indices.forEach((index, k) => result.set(unit.subarray(index * columns, (index + 1) * columns), k * columns));
  return result;
}
