/** The decisions that methods are judged by: examples of the test split, and the margin of what the run decided on each. */
import { mostRows, type Classifier } from '../classifier/classifier.js';
import { asFed } from '../classifier/feeds.js';
import type { Dataset } from '../data/dataset.js';
import type { Measured, Outcome } from '../explain/influence/outcome.js';
import type { Query } from '../explain/influence/subject.js';
import { seededRandom } from '../numeric/random.js';
import { indexOfMax } from '../numeric/vectors.js';
import type { CarriedTensors } from '../train/carried-state.js';

/** Examples as the model is fed them. */
export interface QuerySet {
  /** Places in the test split. */
  readonly indices: Int32Array;
  /** [queries, …] */
  readonly x: Float32Array;
  readonly labels: Int32Array;
}

/** Draws examples of a split, in the order of the split. */
export async function drawQueries(
  classifier: Classifier,
  test: Dataset,
  count: number,
  seed: number,
): Promise<QuerySet> {
  const order = seededRandom(seed, QUERIES).shuffle(Int32Array.from(test.labels.keys()));
  const indices = order.slice(0, Math.min(count, test.length)).sort();
  const x = asFed(classifier, await test.examples(indices), test.shape, test.spec);
  return { indices, x, labels: indices.map((index) => test.labels[index]!) };
}

const QUERIES = 93;

/** Rows in one call. */
const ROWS = 250;

function* parts(
  { x, labels }: Pick<QuerySet, 'x' | 'labels'>,
  targets: Int32Array,
  classifier: Classifier,
): Generator<Measured> {
  const size = x.length / labels.length;
  const rows = Math.min(ROWS, mostRows(classifier));
  for (let start = 0; start < labels.length; start += rows) {
    const end = Math.min(labels.length, start + rows);
    yield { x: x.subarray(start * size, end * size), targets: targets.subarray(start, end) };
  }
}

/** Class scores of all queries, [queries][classes]; a single score is that of class 1, against 0. */
export async function scoresOf(
  outcome: Outcome,
  classifier: Classifier,
  state: CarriedTensors,
  set: QuerySet,
): Promise<Float64Array[]> {
  const rows: Float64Array[] = [];
  for (const part of parts(set, set.labels, classifier)) {
    const { scores } = await outcome.at(state, part);
    const outputs = scores.length / part.targets.length;
    for (let row = 0; row < part.targets.length; row++) {
      const own = Float64Array.from(scores.subarray(row * outputs, (row + 1) * outputs));
      rows.push(outputs > 1 ? own : Float64Array.of(0, own[0]!));
    }
  }
  return rows;
}

/** What was decided, by query. */
export function decided(scores: readonly Float64Array[]): Int32Array {
  return Int32Array.from(scores, (row) => indexOfMax(row));
}

/** s_c − log Σ_{j≠c} exp s_j */
export function marginOf(scores: Float64Array, target: number): number {
  let top = -Infinity;
  scores.forEach((score, j) => j !== target && (top = Math.max(top, score)));
  let sum = 0;
  scores.forEach((score, j) => j !== target && (sum += Math.exp(score - top)));
  return scores[target]! - top - Math.log(sum);
}

/** −log of the probability whose log-odds are the margin. */
export function lossOf(margin: number): number {
  return margin > 0 ? Math.log1p(Math.exp(-margin)) : -margin + Math.log1p(Math.exp(margin));
}

/** One query an example: the measure of its target. */
export function queriesFor({ x, labels }: QuerySet, targets: Int32Array): Query[] {
  const size = x.length / labels.length;
  return Array.from(targets, (target, q) => {
    const measured: Measured = { x: x.subarray(q * size, (q + 1) * size), targets: [target] };
    return { scale: 1, batches: () => [measured] };
  });
}

/** One query of all examples: the mean of the measure of their labels. */
export function meanQuery(set: QuerySet, classifier: Classifier): Query {
  return { scale: 1 / set.labels.length, batches: () => parts(set, set.labels, classifier) };
}
