/** Figures with what is known of their uncertainty. */
import { meanInterval } from '../numeric/bootstrap.js';
import { meanAndDeviation } from '../numeric/statistics.js';

/** One number about one method. */
export interface Figure {
  readonly protocol: string;
  /** What was measured, in words: the same for all methods. */
  readonly figure: string;
  readonly method: string;
  readonly value: number;
  /** Over the queries (label errors: over the examples). */
  readonly standardError?: number | undefined;
  /** In which it lies with 95 % confidence. */
  readonly interval?: readonly [number, number] | undefined;
  /** What a ranking by chance gets. */
  readonly chance?: number | undefined;
  /** Whether it can be told from chance; absent where there is no telling. */
  readonly distinguishable?: boolean | undefined;
  /** Over how many queries, pairs of them, or examples. */
  readonly count: number;
}

/** What names a figure. */
type Named = Pick<Figure, 'protocol' | 'figure' | 'method'>;

/** The mean over queries, its standard error, and the bootstrap over them. */
export function meanFigure(named: Named, values: readonly number[], chance: number | undefined, seed: number): Figure {
  return withInterval(named, values, meanInterval(values, seed), chance);
}

/** A figure whose interval is known. */
export function withInterval(
  named: Named,
  values: readonly number[],
  interval: readonly [number, number],
  chance: number | undefined,
): Figure {
  const { mean: value, deviation } = meanAndDeviation(values);
  const known = values.length > 1;
  return {
    ...named,
    value,
    standardError: known ? deviation / Math.sqrt(values.length) : undefined,
    interval: known ? interval : undefined,
    chance,
    distinguishable: known && chance !== undefined ? outside(chance, interval) : undefined,
    count: values.length,
  };
}

/** A figure whose standard error is known by a formula: normal, 95 %. */
export function normalFigure(
  named: Named,
  value: number,
  standardError: number,
  chance: number,
  count: number,
): Figure {
  const interval = [value - 1.96 * standardError, value + 1.96 * standardError] as const;
  return { ...named, value, standardError, interval, chance, distinguishable: outside(chance, interval), count };
}

const outside = (value: number, [low, high]: readonly [number, number]) => value < low || value > high;

/** A share as whole or tenths of per cent, for names of figures. */
export const percent = (share: number): string => `${Math.round(1000 * share) / 10} %`;
