/** Representer values: what every training point adds to a score ([Yeh et al. 2018], Eq. 2). */
import type { PointSet } from './point-set.js';
import { encodeModel } from '../../onnx/codec.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { float64, int32, int64, toNumbers } from '../../tensor.js';
import { createTop } from '../../numeric/top.js';
import { rowBlocks, rowOf, type FeatureMatrix } from './features/features.js';
import { similarityModel, summaryModel } from './point-graphs.js';

/** A training point and its part in a score. */
export interface RepresenterPoint {
  readonly index: number;
  readonly label: number;
  /** α_ij, j being the target; its negative for class 0 of a single score. */
  readonly alpha: number;
  /** ⟨f_i, f_t⟩, the appended 1 included. */
  readonly similarity: number;
  /** α_ij ⟨f_i, f_t⟩ */
  readonly value: number;
}

/** What all training points together say about one score of one query. */
export interface ScoreExplanation {
  /** Σ of all values: the score. */
  readonly sum: number;
  /** Σ of the values above 0, and of those below. */
  readonly positive: number;
  readonly negative: number;
  /** Σ of the values of each class's points, by class. */
  readonly byClass: Float64Array;
  /** Largest values above 0, largest first. */
  readonly excitatory: readonly RepresenterPoint[];
  /** Smallest values below 0, smallest first. */
  readonly inhibitory: readonly RepresenterPoint[];
}

/** Training points, ready to explain; release them when done. */
export interface Points {
  /** α_ij ⟨f_i, f_t⟩ of every training point i. */
  values(query: Float32Array | Float64Array, target: number): Promise<Float64Array>;
  /** The values for every score, [rows, outputs]; a single score is that of class 1. */
  allValues(query: Float32Array | Float64Array): Promise<Float64Array>;
  /**
   * Explains one score of each query.
   * @param targets class (or unit of a hidden layer) whose score is explained, by query
   */
  explain(queries: FeatureMatrix, targets: ArrayLike<number>, topK: number): Promise<ScoreExplanation[]>;
  release(): Promise<void>;
}

/** Queries that are answered in one pass over the training points. */
const QUERIES = 256;

/** Opens training points; the features are used as they are, without a copy. */
export async function openPoints(set: PointSet, runtime: Runtime): Promise<Points> {
  const { features } = set;
  const similarity = await runtime.createSession(encodeModel(similarityModel(set)));
  const classes = set.labels.reduce((a, b) => Math.max(a, b), 0) + 1;
  let summary: { topK: number; session: Session } | undefined;
  const summarySession = async (topK: number) => {
    if (summary?.topK === topK) return summary.session;
    await summary?.session.release();
    summary = { topK, session: await runtime.createSession(encodeModel(summaryModel(set, classes, topK))) };
    return summary.session;
  };
  const similaritiesTo = async (query: Float32Array | Float64Array) => {
    const result = new Float64Array(features.rows);
    const queries = float64(query, [features.columns, 1]);
    for (const { start, tensor } of rowBlocks(features)) {
      const { similarities } = await similarity.run({ features: tensor, queries });
      result.set(similarities!.data as Float64Array, start);
    }
    return result;
  };
  return {
    values: async (query, target) => (await similaritiesTo(query)).map((value, i) => weightOf(set, i, target) * value),
    allValues: async (query) => {
      const similarities = await similaritiesTo(query);
      return set.alpha.map((weight, k) => weight * similarities[Math.floor(k / set.outputs)]!);
    },
    explain: async (queries, targets, topK) => {
      const session = await summarySession(topK);
      const results: ScoreExplanation[] = [];
      const { columns, rows } = queries;
      for (let start = 0; start < rows; start += QUERIES) {
        const end = Math.min(rows, start + QUERIES);
        const part = { rows: end - start, columns, data: queries.data.subarray(start * columns, end * columns) };
        results.push(...(await explainSome(session, set, part, Array.from(targets).slice(start, end), topK, classes)));
      }
      return results;
    },
    release: async () => {
      await summary?.session.release();
      await similarity.release();
    },
  };
}

async function explainSome(
  session: Session,
  set: PointSet,
  queries: FeatureMatrix,
  targets: readonly number[],
  topK: number,
  classes: number,
): Promise<ScoreExplanation[]> {
  const { features, alpha, outputs, labels } = set;
  const fixed = {
    queries: float64(queries.data, [queries.rows, queries.columns]),
    targets: int64(targets.map((target) => (outputs === 1 ? 0 : target))),
    signs: float64(targets.map((target) => (outputs === 1 && target === 0 ? -1 : 1))),
  };
  const tallies = targets.map(() => ({
    positive: 0,
    byClass: new Float64Array(classes),
    highest: createTop<number>(topK),
    lowest: createTop<number>(topK),
  }));
  for (const { start, rows, tensor } of rowBlocks(features)) {
    const found = await session.run({
      ...fixed,
      features: tensor,
      alpha: float64(alpha.subarray(start * outputs, (start + rows) * outputs), [rows, outputs]),
      labels: int32(labels.subarray(start, start + rows), [1, rows]),
    });
    const numbers = (name: string) => toNumbers(found[name]!);
    const [positive, byClass] = [numbers('positive'), numbers('by class')];
    const listed = Math.min(topK, rows);
    const tops = {
      highest: [numbers('highest'), numbers('highest at')],
      lowest: [numbers('lowest'), numbers('lowest at')],
    };
    tallies.forEach((tally, t) => {
      tally.positive += positive[t]!;
      for (let c = 0; c < classes; c++) tally.byClass[c]! += byClass[c * targets.length + t]!;
      for (let k = t * listed; k < (t + 1) * listed; k++) {
        const [high, low] = [tops.highest[0]![k]!, tops.lowest[0]![k]!];
        if (high > 0) tally.highest.offer(high, start + tops.highest[1]![k]!);
        if (low < 0) tally.lowest.offer(-low, start + tops.lowest[1]![k]!);
      }
    });
  }
  return tallies.map(({ positive, byClass, highest, lowest }, t) => {
    const sum = byClass.reduce((a, b) => a + b, 0);
    const describe = (index: number) => describePoint(set, index, targets[t]!, rowOf(queries.data, queries.columns, t));
    const [excitatory, inhibitory] = [highest.items.map(describe), lowest.items.map(describe)];
    return { sum, positive, negative: sum - positive, byClass, excitatory, inhibitory };
  });
}

function describePoint(
  set: PointSet,
  index: number,
  target: number,
  query: Float32Array | Float64Array,
): RepresenterPoint {
  const alpha = weightOf(set, index, target);
  const row = rowOf(set.features.data, set.features.columns, index);
  let similarity = set.bias ? 1 : 0;
  for (let k = 0; k < row.length; k++) similarity += row[k]! * query[k]!;
  return { index, label: set.labels[index]!, alpha, similarity, value: alpha * similarity };
}

/** α_{i,y_i} ⟨f_i, f_i⟩: what each point adds to the score of its own class. */
export function selfValues(set: PointSet): Float64Array {
  const { features, bias, labels } = set;
  const { rows, columns, data } = features;
  return Float64Array.from({ length: rows }, (_, i) => {
    let square = bias ? 1 : 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) square += data[k]! * data[k]!;
    return weightOf(set, i, labels[i]!) * square;
  });
}

/** α_ij; a single score is that of class 1, and counts against class 0. */
export function weightOf(
  { alpha, outputs }: Pick<PointSet, 'alpha' | 'outputs'>,
  index: number,
  target: number,
): number {
  if (outputs === 1) return target === 0 ? -alpha[index]! : alpha[index]!;
  return alpha[index * outputs + target]!;
}
