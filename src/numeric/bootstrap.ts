/** How far chance moves a statistic: bootstraps, with percentile intervals of 95 %. */
import { seededRandom } from './random.js';
import { pearson } from './statistics.js';

/** Stream of random numbers that bootstraps draw from. */
export const BOOTSTRAP = 91;

const RESAMPLES = 1000;

/** The middle 95 % of resampled values. */
export function percentiles(values: readonly number[]): [number, number] {
  const sorted = Float64Array.from(values).sort();
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  return [at(0.025), at(0.975)];
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
