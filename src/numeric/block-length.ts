/** How long a block of neighbouring values of a series must be, for blocks to be drawn as if they were independent. */
import { mean } from './statistics.js';

/**
 * The block length that makes the circular block bootstrap's estimate of the variance of a mean most exact in mean square:
 * b = (2G²/D)^⅓ n^⅓ with G = Σ λ(k/M) |k| R(k), D = 4/3 (Σ λ(k/M) R(k))², autocovariances R, and the flat-top window λ of
 * [Politis & White 2004] as corrected by [Patton et al. 2009]. M is twice the lag after which the autocorrelation keeps
 * within ±2√(log₁₀ n/n) for five lags in a row.
 *
 * All that supposes a series whose mean does not change, and a memory that is short beside n. Where five such lags are not
 * found among the first √n + 5, as in a series with a trend, it is `most`: unlike the papers, which then go by the lags they
 * have, and come out too short.
 *
 * @param most the longest that may come out
 * @returns a whole number from 1 to `most`; 1 of a series that is constant, or shorter than 4
 */
export function blockLength(values: ArrayLike<number>, most: number): number {
  const n = values.length;
  const covariance = autocovariances(values);
  if (n < 4 || !(covariance[0]! > 0)) return 1;
  const longest = Math.max(1, Math.floor(most));
  const half = memory(covariance, n);
  if (half === undefined) return longest;
  const window = Math.min(2 * half, covariance.length - 1);
  let [weighed, spectrum] = [0, covariance[0]!];
  for (let k = 1; k <= window; k++) {
    const lambda = Math.min(1, 2 * (1 - k / window));
    weighed += 2 * lambda * k * covariance[k]!;
    spectrum += 2 * lambda * covariance[k]!;
  }
  if (spectrum === 0) return longest;
  const length = ((2 * weighed ** 2 * n) / ((4 / 3) * spectrum ** 2)) ** (1 / 3);
  return Math.min(longest, Math.max(1, Math.ceil(length)));
}

/** How many lags in a row must be negligible: as the papers have it, for up to 10^25 values. */
const QUIET = 5;

/** R(0), R(1), … up to the last lag that is looked at. */
function autocovariances(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const middle = mean(values);
  const centred = Float64Array.from(values, (value) => value - middle);
  const lags = Math.min(n - 1, Math.ceil(Math.sqrt(n)) + QUIET);
  return Float64Array.from({ length: Math.max(1, lags + 1) }, (_, lag) => {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += centred[i]! * centred[i - lag]!;
    return sum / n;
  });
}

/** The last lag, at least 1, before the autocorrelation is negligible for long enough; undefined where it is not in sight. */
function memory(covariance: Float64Array, n: number): number | undefined {
  const limit = 2 * Math.sqrt(Math.log10(n) / n) * covariance[0]!;
  let run = 0;
  for (let lag = 1; lag < covariance.length; lag++) {
    run = Math.abs(covariance[lag]!) < limit ? run + 1 : 0;
    if (run === QUIET) return Math.max(1, lag - run);
  }
  return undefined;
}
