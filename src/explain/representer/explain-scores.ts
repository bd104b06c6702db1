/** Sums and strongest points of scores: products in float32 find the points, float64 says what their values are. */
import { encodeModel } from '../../onnx/codec.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { rowOf, type FeatureMatrix } from './features/features.js';
import { findStrongest, MOST_QUERIES, type Found, type Query } from './find-strongest.js';
import { strongestModel } from './point-graphs.js';
import { weightOf, type PointSet } from './point-set.js';
import { PRECISIONS, valueErrors, type Precision } from './rounding.js';
import { couldBeLargest, seemLargest, type Candidates } from './strongest.js';
import { KEPT_BYTES, openTargetSums, type FeatureFacts } from './target-sums.js';

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
  /**
   * Σ of the values above 0, and of those below. Where features or the query have negative elements, these two alone are sums of
   * values whose products were computed in float32: right to a thousandth in the worst case, as a rule to seven digits or more.
   */
  readonly positive: number;
  readonly negative: number;
  /** Σ of the values of each class's points, by class. */
  readonly byClass: Float64Array;
  /** Largest values above 0, largest first; of equal ones the first. */
  readonly excitatory: readonly RepresenterPoint[];
  /** Smallest values below 0, smallest first; of equal ones the first. */
  readonly inhibitory: readonly RepresenterPoint[];
}

/** Explains scores; release it when done. */
export interface Explainer {
  /** See `Points`. */
  explain(queries: FeatureMatrix, targets: ArrayLike<number>, topK: number): Promise<ScoreExplanation[]>;
  release(): Promise<void>;
}

/** Share of Σ |values| that rounding may take from the sum of those above 0, in the worst case. */
const MOST_LOST = 1e-3;

/**
 * Opens training points; sessions, and what sums need, are made when they are first asked for.
 * @param keptBytes memory for the sums of targets: queries whose targets need more are answered in turn
 */
export function openExplainer(set: PointSet, runtime: Runtime, keptBytes = KEPT_BYTES): Explainer {
  const targetSums = openTargetSums(set, runtime, keptBytes);
  const sessions = new Map<string, Promise<Session>>();
  const strongest = async (queries: readonly Query[], precision: Precision, topK: number): Promise<Found[]> => {
    if (queries.length === 0) return [];
    const { type } = precision;
    const single = queries.length === 1;
    const key = `${type} ${single}`;
    if (!sessions.has(key)) {
      const model = encodeModel(strongestModel(set, type, single));
      sessions.set(key, runtime.createSession(model, { memoryPattern: false }));
    }
    return findStrongest(await sessions.get(key)!, set, queries, precision, topK);
  };

  const explainSome = async (queries: readonly Query[], facts: FeatureFacts, topK: number) => {
    const isShort = set.features.data instanceof Float32Array;
    const quick = isShort ? await strongest(queries, PRECISIONS.float32, topK) : [];
    const explained = queries.map((query, q) => quick[q] && explanation(set, query, facts, quick[q], true, topK));
    const left = queries.filter((_, q) => !explained[q]);
    const exact = await strongest(left, PRECISIONS.float64, topK);
    const others = left.map((query, q) => explanation(set, query, facts, exact[q]!, false, topK)!);
    return explained.map((each) => each ?? others.shift()!);
  };

  return {
    explain: async (queries, targets, topK) => {
      const results: ScoreExplanation[] = [];
      const distinct = [...new Set(Array.from(targets))];
      for (let first = 0; first < distinct.length; first += targetSums.atOnce) {
        const { sums, facts } = await targetSums.of(distinct.slice(first, first + targetSums.atOnce));
        const asked = Array.from(targets).flatMap((target, q) => (sums.has(target) ? [q] : []));
        for (let start = 0; start < asked.length; start += MOST_QUERIES) {
          const part = asked.slice(start, start + MOST_QUERIES).map((q): Query => {
            const target = targets[q]!;
            return { features: rowOf(queries.data, queries.columns, q), target, sums: sums.get(target)! };
          });
          const explained = await explainSome(part, facts, topK);
          explained.forEach((each, k) => (results[asked[start + k]!] = each));
        }
      }
      return results;
    },
    release: async () => {
      await targetSums.release();
      for (const session of sessions.values()) await (await session).release();
    },
  };
}

/** @returns undefined where products in float32 do not tell */
function explanation(
  set: PointSet,
  { features, target, sums }: Query,
  { longest, areNonnegative }: FeatureFacts,
  found: Found,
  isShort: boolean,
  topK: number,
): ScoreExplanation | undefined {
  const { rows, columns } = set.features;
  const length = lengthOf(features, set.bias);
  const { relative, absolute } = valueErrors(PRECISIONS.float32, columns, longest, length);
  const strongest = (all: readonly Candidates[]) => {
    const candidates = together(all);
    if (!isShort) return seemLargest(candidates, topK);
    return couldBeLargest(candidates, topK, relative * sums.reach * length + absolute);
  };
  const [highest, lowest] = [strongest(found.highest), strongest(found.lowest)];
  if (!highest || !lowest) return undefined;

  const width = columns + 1;
  const byClass = Float64Array.from({ length: sums.byClass.length / width }, (_, c) =>
    linear(sums.byClass.subarray(c * width, (c + 1) * width), features),
  );
  const sum = byClass.reduce((a, b) => a + b, 0);
  const isLinear = areNonnegative && features.every((value) => value >= 0);
  const positive = isLinear ? linear(sums.excitatory, features) : found.positive * sums.scale;
  if (isShort && !isLinear) {
    const lost = (relative * sums.total * length + rows * absolute) * sums.scale;
    if (!(lost <= MOST_LOST * (2 * positive - sum))) return undefined;
  }
  const described = (indices: readonly number[], sign: number) =>
    indices
      .map((index) => describePoint(set, index, target, features))
      .filter(({ value }) => sign * value > 0)
      .sort((a, b) => sign * (b.value - a.value) || a.index - b.index)
      .slice(0, topK);
  return {
    sum,
    positive,
    negative: sum - positive,
    byClass,
    excitatory: described(highest, 1),
    inhibitory: described(lowest, -1),
  };
}

function together(all: readonly Candidates[]): Candidates {
  if (all.length === 1) return all[0]!;
  return {
    values: all.flatMap(({ values }) => values),
    indices: all.flatMap(({ indices }) => indices),
    leftOut: all.reduce((most, { leftOut }) => Math.max(most, leftOut), -Infinity),
  };
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

/** ⟨weights, (features, 1)⟩ */
function linear(weights: Float64Array, features: Float32Array | Float64Array): number {
  let sum = weights[features.length]!;
  for (let k = 0; k < features.length; k++) sum += weights[k]! * features[k]!;
  return sum;
}

/** ‖f‖, the appended 1 included. */
function lengthOf(features: Float32Array | Float64Array, bias: boolean): number {
  let square = bias ? 1 : 0;
  for (let k = 0; k < features.length; k++) square += features[k]! ** 2;
  return Math.sqrt(square);
}
