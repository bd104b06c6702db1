/** Attribution maps of the accepted model beside those of the new one. */
import type { RuleContext } from '../../rule.js';
import { mean, quantile } from '../../../numeric/statistics.js';
import { rowAt } from '../../measure/statistics.js';
import { CouldNotRun, need, needRecorded } from '../../unavailable.js';

/** The maps of one method. */
export interface MapPair {
  readonly method: string;
  readonly shape: readonly number[];
  /** One entry per probe. */
  readonly pairs: readonly { readonly before: Float32Array; readonly now: Float32Array }[];
}

/**
 * For each method, the maps of the accepted model beside those of the export.
 * @throws CouldNotRun when either model's maps could not be made
 */
export function mapPairs({ baseline, candidate }: RuleContext): MapPair[] {
  const before = needRecorded(baseline.maps, 'attributions');
  const now = need(candidate.maps, 'attributions');
  return before.map(({ method, shape, maps }) => {
    const partner = now.find((each) => each.method === method)?.maps;
    if (partner?.size !== maps.size) throw new CouldNotRun(`the maps of ${method} have another size`);
    if (!partner.data.every(Number.isFinite)) throw new CouldNotRun(`the maps of ${method} are not finite`);
    const pairs = Array.from({ length: maps.rows }, (_, i) => ({ before: rowAt(maps, i), now: rowAt(partner, i) }));
    return { method, shape, pairs };
  });
}

/** A measure over the probes of each method: its mean, its tenth percentile, and the probe where it is lowest. */
export function overProbes(
  found: readonly MapPair[],
  measure: (before: Float32Array, now: Float32Array, pair: MapPair) => number,
) {
  return found.map((pair) => {
    const values = pair.pairs.map(({ before, now }) => measure(before, now, pair));
    const lowest = values.indexOf(Math.min(...values));
    return {
      method: pair.method,
      mean: mean(values),
      p10: quantile(values, 0.1),
      lowest,
      lowestValue: values[lowest]!,
    };
  });
}
