/** What is measured of a map of relevance. To add a measure: a line in MEASURES. */
import { midRanks, pearson } from '../../numeric/statistics.js';

/** A measure of one map. */
export interface Measure {
  readonly name: string;
  /** What it is, for the page and the docs. */
  readonly says: string;
  readonly unit: string;
  /** Between what it lies. */
  readonly range: readonly [number, number];
  /**
   * @param map relevance of each pixel, channels added up
   * @param final the same image's map with the weights after the last step
   * @returns undefined where the map has no such measure: an empty one has no entropy
   */
  of(map: Float32Array, final: FinalMap): number | undefined;
}

/** An image's map with the weights after the last step, and what is needed of it again and again. */
export interface FinalMap {
  readonly map: Float32Array;
  /** Ranks of its pixels. */
  readonly ranks: Float64Array;
}

/** A map to compare with. */
export function finalMap(map: Float32Array): FinalMap {
  return { map, ranks: midRanks(map) };
}

const positive = (value: number) => Math.max(value, 0);

/** Every measure. Norm and entropy are those of [Terzieva et al. n.d.]: Frobenius, and with the natural logarithm. */
export const MEASURES: readonly Measure[] = [
  {
    name: 'norm',
    says: 'Frobenius norm of the positive relevance',
    unit: 'score',
    range: [0, Infinity],
    of: (map) => norm(map, positive),
  },
  {
    name: 'entropy',
    says: 'Shannon entropy of the positive relevance as shares of its sum',
    unit: 'nat',
    range: [0, Infinity],
    of: (map) => entropy(map, positive),
  },
  {
    name: 'absolute-norm',
    says: 'Frobenius norm of all relevance',
    unit: 'score',
    range: [0, Infinity],
    of: (map) => norm(map, Math.abs),
  },
  {
    name: 'absolute-entropy',
    says: 'Shannon entropy of the magnitudes of relevance as shares of their sum',
    unit: 'nat',
    range: [0, Infinity],
    of: (map) => entropy(map, Math.abs),
  },
  {
    name: 'positive-share',
    says: 'share of positive relevance in the magnitudes of all',
    unit: '',
    range: [0, 1],
    of: positiveShare,
  },
  {
    name: 'rank-similarity',
    says: 'Spearman’s correlation with the map after the last step, over the pixels',
    unit: '',
    range: [-1, 1],
    of: (map, { ranks }) => (varies(map) && varies(ranks) ? pearson(midRanks(map), ranks) : undefined),
  },
  {
    name: 'cosine-similarity',
    says: 'cosine with the map after the last step',
    unit: '',
    range: [-1, 1],
    of: (map, final) => cosine(map, final.map),
  },
];

/** Names of all measures. */
export const MEASURE_NAMES: readonly string[] = MEASURES.map(({ name }) => name);

type Part = (value: number) => number;

function norm(map: Float32Array, part: Part): number {
  let squares = 0;
  for (const value of map) squares += part(value) ** 2;
  return Math.sqrt(squares);
}

/** −Σ p ln p = ln S − (Σ v ln v)/S with p = v/S. */
function entropy(map: Float32Array, part: Part): number | undefined {
  let [sum, weighed] = [0, 0];
  for (const value of map) {
    const share = part(value);
    if (share === 0) continue;
    sum += share;
    weighed += share * Math.log(share);
  }
  // One pixel with all of it has none; rounding would make it a little less.
  return sum > 0 ? Math.max(0, Math.log(sum) - weighed / sum) : undefined;
}

function positiveShare(map: Float32Array): number | undefined {
  let [above, all] = [0, 0];
  for (const value of map) {
    above += positive(value);
    all += Math.abs(value);
  }
  return all > 0 ? above / all : undefined;
}

function cosine(a: Float32Array, b: Float32Array): number | undefined {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  // Rounding would make that of two parallel maps a little more than 1.
  return aa > 0 && bb > 0 ? Math.min(1, Math.max(-1, ab / Math.sqrt(aa * bb))) : undefined;
}

function varies(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return true;
  return false;
}
