/** Which method stands up best. */
import { formatNumber } from '../../../plot/format.js';
import type { EvaluateFigure, EvaluateResult } from '../../../results/evaluate.js';
import { figureGroups, type FigureGroup } from '../../evaluate/figures.js';

/** Protocols by which more is better, the most telling first, and what the best method does best. */
const BEST_AT: Readonly<Record<string, string>> = {
  lds: 'foretells best what training on parts of the data does to decisions',
  'lds-within': 'tells examples of one class apart best',
  removal: 'names best the examples that a decision rests on',
  mislabel: 'finds wrong labels best',
};

/** The winner by a figure. */
export interface Best {
  readonly group: FigureGroup;
  readonly best: EvaluateFigure;
  /** What comes next. */
  readonly second: EvaluateFigure | undefined;
  /** Whether it can be told from chance; undefined where the result does not say it. */
  readonly toldFromChance: boolean | undefined;
  /** Whether the next one lies outside of its interval, or that is not known. */
  readonly isClear: boolean;
}

/** The best by the first figure of a protocol; undefined where more is not better. */
export function bestBy(protocol: string, groups: readonly FigureGroup[]): Best | undefined {
  const group = groups.find((one) => one.protocol === protocol);
  if (!group || !Object.hasOwn(BEST_AT, protocol)) return undefined;
  // What cannot be told from chance is no winner, unless nothing can.
  const isTold = ({ distinguishable }: EvaluateFigure) => Number(distinguishable !== false);
  const [best, second] = [...group.entries].sort((a, b) => isTold(b) - isTold(a) || b.value - a.value);
  if (!best) return undefined;
  const isClear = second === undefined || (best.interval !== undefined && second.value < best.interval[0]);
  return { group, best, second, toldFromChance: best.distinguishable, isClear };
}

/** The best by the most telling protocol that was asked for. */
export function bestOf(result: EvaluateResult): Best | undefined {
  const groups = figureGroups(result);
  for (const protocol of Object.keys(BEST_AT)) {
    const best = bestBy(protocol, groups);
    if (best) return best;
  }
  return undefined;
}

/** The point in a sentence, with the figure’s interval and what chance gives. */
export function sayBest({ group, best, second, toldFromChance, isClear }: Best): string {
  const { protocol, unit } = group;
  // A unit stays on the line of its number.
  const figure = group.figure.replaceAll(' %', '\u00a0%');
  const value = `${formatNumber(best.value)}${unitOf(unit)}, ${figure}`;
  const known = [
    best.interval ? `95\u00a0% interval ${formatNumber(best.interval[0])} to ${formatNumber(best.interval[1])}` : '',
    best.chance === undefined ? '' : `by chance ${formatNumber(best.chance)}`,
  ].filter((part) => part !== '');
  const details = `(${[toldFromChance === false ? formatNumber(best.value) + unitOf(unit) : value, ...known].join('; ')})`;
  if (toldFromChance === false) {
    return `No method can be told from chance by ${protocol}, ${figure}; the highest is ${best.method} ${details}.`;
  }
  const lead =
    second === undefined || isClear
      ? ''
      : `, though ${second.method} with ${formatNumber(second.value)} cannot be told from it`;
  return `${best.method} ${BEST_AT[protocol]!} ${details}${lead}.`;
}

/** A unit behind its number: "rank correlation" for Spearman’s; nothing where a protocol has several. */
function unitOf(unit = ''): string {
  if (unit.startsWith('Spearman')) return ' rank correlation';
  return unit === '' || unit.includes(',') ? '' : ` ${unit}`;
}
