/** The methods of a trends result. */
import type { TrendsResult, TrendsSeries } from '../../results/trends.js';
import { methodTitle } from '../attribute/figures.js';

/** One method: its series, one a split, and the measures that they hold. */
export interface MethodPart {
  readonly title: string;
  readonly series: readonly TrendsSeries[];
  readonly measures: readonly string[];
}

/** Each method, in the order of the result. */
export function methodParts(result: Pick<TrendsResult, 'series'>): MethodPart[] {
  const groups = new Map<string, TrendsSeries[]>();
  for (const series of result.series) {
    const title = methodTitle(series);
    groups.set(title, [...(groups.get(title) ?? []), series]);
  }
  return [...groups].map(([title, series]) => ({
    title,
    series,
    measures: [...new Set(series.flatMap((one) => Object.keys(one.measures)))],
  }));
}
