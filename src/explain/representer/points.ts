/** Representer values: what every training point adds to a score (Yeh et al., Eq. 2). */
import { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import type { Runtime } from '../../runtime/runtime.js';
import { float64 } from '../../tensor.js';
import { createTop } from '../trace/top.js';
import { rowBlocks, type FeatureMatrix } from './features.js';

/** Training points with their weights. */
export interface PointSet {
  readonly features: FeatureMatrix;
  /** [rows, outputs] */
  readonly alpha: Float64Array;
  readonly outputs: number;
  readonly bias: boolean;
  /** Class of each point. */
  readonly labels: Int32Array;
}

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
  const { features, labels } = set;
  const session = await runtime.createSession(similarityModel(set));
  const classes = labels.reduce((a, b) => Math.max(a, b), 0) + 1;

  /** ⟨f_i, f_t⟩ of blocks of training points with all queries, [rows, queries]. */
  async function* similarities({ rows: count, columns, data }: FeatureMatrix) {
    const transposed = new Float64Array(columns * count);
    for (let t = 0; t < count; t++) {
      for (let k = 0; k < columns; k++) transposed[k * count + t] = data[t * columns + k]!;
    }
    const queries = float64(transposed, [columns, count]);
    for (const { start, rows, tensor } of rowBlocks(features)) {
      const { similarity } = await session.run({ features: tensor, queries });
      yield { start, rows, data: similarity!.data as Float64Array };
    }
  }

  const explainSome = async (queries: FeatureMatrix, targets: ArrayLike<number>, topK: number) => {
    const tallies = Array.from({ length: queries.rows }, () => tally(classes, topK));
    for await (const { start, rows, data } of similarities(queries)) {
      for (let i = 0; i < rows; i++) {
        const label = labels[start + i]!;
        for (let t = 0; t < queries.rows; t++) {
          const weight = weightOf(set, start + i, targets[t]!);
          tallies[t]!.add(start + i, label, weight, data[i * queries.rows + t]!);
        }
      }
    }
    return tallies.map((each) => each.result());
  };

  return {
    values: async (query, target) => {
      const result = new Float64Array(features.rows);
      for await (const { start, rows, data } of similarities({ rows: 1, columns: features.columns, data: query })) {
        for (let i = 0; i < rows; i++) result[start + i] = weightOf(set, start + i, target) * data[i]!;
      }
      return result;
    },
    explain: async (queries, targets, topK) => {
      const results: ScoreExplanation[] = [];
      const { columns, rows } = queries;
      for (let start = 0; start < rows; start += QUERIES) {
        const end = Math.min(rows, start + QUERIES);
        const part = { rows: end - start, columns, data: queries.data.subarray(start * columns, end * columns) };
        results.push(...(await explainSome(part, Array.from(targets).slice(start, end), topK)));
      }
      return results;
    },
    release: () => session.release(),
  };
}

function similarityModel({ features: { columns, data }, bias }: PointSet): Uint8Array {
  const g = new GraphBuilder({ name: 'similarity' });
  g.input('features', data instanceof Float64Array ? 'float64' : 'float32', ['rows', columns]);
  g.input('queries', 'float64', [columns, 'queries']);
  const wide = g.op('Cast', ['features'], { to: elementTypeCode('float64') });
  const product = g.op('MatMul', [wide, 'queries']);
  // The appended 1 of both adds 1 to every product.
  g.output(g.rename(bias ? g.op('Add', [product, g.scalar(1, 'float64')]) : product, 'similarity'), 'float64');
  return encodeModel(g.model());
}

/** Adds up the values of one query's score and keeps the strongest points. */
function tally(classes: number, topK: number) {
  const byClass = new Float64Array(classes);
  const excitatory = createTop<RepresenterPoint>(topK);
  const inhibitory = createTop<RepresenterPoint>(topK);
  let positive = 0;
  let negative = 0;
  let weakest = { up: 0, down: 0 };
  return {
    add: (index: number, label: number, alpha: number, similarity: number): void => {
      const value = alpha * similarity;
      byClass[label]! += value;
      if (value > 0) positive += value;
      else negative += value;
      // Most points rank nowhere; they must not cost an object each.
      if (value > weakest.up) excitatory.offer(value, { index, label, alpha, similarity, value });
      else if (value < weakest.down) inhibitory.offer(-value, { index, label, alpha, similarity, value });
      else return;
      weakest = {
        up: excitatory.items.length === topK ? excitatory.items.at(-1)!.value : 0,
        down: inhibitory.items.length === topK ? inhibitory.items.at(-1)!.value : 0,
      };
    },
    result: (): ScoreExplanation => ({
      sum: positive + negative,
      positive,
      negative,
      byClass,
      excitatory: excitatory.items,
      inhibitory: inhibitory.items,
    }),
  };
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
