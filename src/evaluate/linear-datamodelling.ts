/** The linear datamodelling score: do sums of effects foretell what training on a part of the data gives? */
import { BOOTSTRAP, percentiles } from '../numeric/bootstrap.js';
import { seededRandom } from '../numeric/random.js';
import { mean, midRanks } from '../numeric/statistics.js';

/** Which examples are kept, 1 or 0 each. */
export type Subset = Uint8Array;

/**
 * Draws random subsets.
 * @param keep share of the examples that is kept
 * @param classes with labels: of each class the same number is kept in every subset, so that whatever depends on an
 *   example's class alone has the same sum over each of them, and foretells nothing
 */
export function drawSubsets(
  count: number,
  keep: number,
  examples: number,
  seed: number,
  classes?: ArrayLike<number>,
): Subset[] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < examples; i++) {
    const group = classes?.[i] ?? 0;
    const members = groups.get(group);
    if (members) members.push(i);
    else groups.set(group, [i]);
  }
  return Array.from({ length: count }, (_, j) => {
    const random = seededRandom(seed, SUBSETS, j);
    const kept = new Uint8Array(examples);
    for (const group of groups.values()) {
      const order = random.shuffle(Int32Array.from(group));
      for (const index of order.subarray(0, Math.round(keep * order.length))) kept[index] = 1;
    }
    return kept;
  });
}

const SUBSETS = 92;

/** Σ of the effects of the kept examples, by subset. */
export function predictedSums(effects: Float64Array, subsets: readonly Subset[]): Float64Array {
  return Float64Array.from(subsets, (kept) => {
    let sum = 0;
    for (let i = 0; i < kept.length; i++) if (kept[i]) sum += effects[i]!;
    return sum;
  });
}

/** Rank correlations by query, and how far chance in queries and subsets moves their mean. */
export interface RankAgreement {
  /** Spearman over the subsets, by query; 0 where one side is the same for all of them. */
  readonly correlations: number[];
  /** 95 %, queries and subsets resampled. */
  readonly interval: [number, number];
}

/** Resamples of queries and subsets. */
const RESAMPLES = 400;

/**
 * Spearman of predicted and actual outcomes over the subsets.
 * @param predicted [queries][subsets]
 * @param actual [queries][subsets]
 */
export function rankAgreement(
  predicted: readonly Float64Array[],
  actual: readonly Float64Array[],
  seed: number,
): RankAgreement {
  const ranks = predicted.map((sums, q) => [midRanks(rounded(sums)), midRanks(actual[q]!)] as const);
  const once = new Float64Array(actual[0]!.length).fill(1);
  const correlations = ranks.map(([a, b]) => weightedPearson(a, b, once));
  const random = seededRandom(seed, BOOTSTRAP, 2);
  const means = Array.from({ length: RESAMPLES }, () => {
    const weights = new Float64Array(once.length);
    for (let j = 0; j < weights.length; j++) weights[random.below(weights.length)]!++;
    return mean(
      ranks.map(() => {
        const [a, b] = ranks[random.below(ranks.length)]!;
        return weightedPearson(a, b, weights);
      }),
    );
  });
  return { correlations, interval: percentiles(means) };
}

/** Sums that differ by rounding only are the same: they were added in another order. */
function rounded(values: Float64Array): Float64Array {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const unit = largest * 1e-12;
  return unit > 0 ? values.map((value) => Math.round(value / unit) * unit) : values;
}

/** Pearson where pair i counts `weights[i]` times; 0 where one side is constant. */
function weightedPearson(a: Float64Array, b: Float64Array, weights: Float64Array): number {
  let [n, sumA, sumB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    n += weights[i]!;
    sumA += weights[i]! * a[i]!;
    sumB += weights[i]! * b[i]!;
  }
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [a[i]! - sumA / n, b[i]! - sumB / n];
    ab += weights[i]! * da * db;
    aa += weights[i]! * da * da;
    bb += weights[i]! * db * db;
  }
  return aa > 1e-9 && bb > 1e-9 ? ab / Math.sqrt(aa * bb) : 0;
}
