/** How far chance moves a statistic: bootstraps, with percentile intervals of 95 %. */
import { seededRandom } from './random.js';
import { mean, pearson } from './statistics.js';

/** Stream of random numbers that bootstraps draw from. */
export const BOOTSTRAP = 91;

const RESAMPLES = 1000;

/** The middle 95 % of resampled values. */
export function percentiles(values: readonly number[]): [number, number] {
  const sorted = Float64Array.from(values).sort();
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  return [at(0.025), at(0.975)];
}

/** Student's t that 2.5 % lie above, by degrees of freedom (the series of Fisher and Cornish, to 0.3 % from 4 on). */
export function studentT(freedom: number): number {
  const z = 1.959964;
  if (freedom <= FEW_T.length) return FEW_T[freedom - 1]!;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / freedom + second / freedom ** 2 + third / freedom ** 3;
}

const FEW_T = [12.706, 4.303, 3.182];

/**
 * The mean of values that are resampled. The interval is as much wider than the percentiles as Student's t is than the normal
 * distribution (and the resampled spread than the true one): those of five values would hold the mean in 80 % of all cases only.
 */
export function meanInterval(values: readonly number[], seed: number): [number, number] {
  const random = seededRandom(seed, BOOTSTRAP);
  const resampled = Array.from({ length: RESAMPLES }, () =>
    mean(values.map(() => values[random.below(values.length)]!)),
  );
  const middle = mean(values);
  const freedom = Math.max(1, values.length - 1);
  const wider = (studentT(freedom) / studentT(Infinity)) * Math.sqrt((freedom + 1) / freedom);
  const [low, high] = percentiles(resampled);
  return [middle - wider * (middle - low), middle + wider * (high - middle)];
}

/**
 * The interval of Pearson's correlation over pairs, which are resampled. A resample of fewer than three different pairs, or of
 * one constant side, has no correlation of its own (two points lie on a line), so it might have any: it counts at both ends.
 * With fewer than six pairs there are so many of them that the interval is all from −1 to 1: nothing is known.
 */
export function correlationInterval(a: readonly number[], b: readonly number[], seed: number): [number, number] {
  const random = seededRandom(seed, BOOTSTRAP, 3);
  const [lows, highs]: [number[], number[]] = [[], []];
  for (let r = 0; r < RESAMPLES; r++) {
    const drawn = a.map(() => random.below(a.length));
    const [x, y] = [drawn.map((i) => a[i]!), drawn.map((i) => b[i]!)];
    const says = new Set(drawn).size >= 3 && varies(x) && varies(y);
    const found = says ? pearson(x, y) : undefined;
    lows.push(found ?? -1);
    highs.push(found ?? 1);
  }
  return [percentiles(lows)[0], percentiles(highs)[1]];
}

/** Whether not all values are the same. */
export function varies(values: readonly number[]): boolean {
  return values.some((value) => value !== values[0]);
}
