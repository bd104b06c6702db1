/** What a trends result says in a sentence. */
import { median } from '../../numeric/statistics.js';
import { formatCount, formatNumber } from '../../plot/format.js';
import type { TrendsResult, TrendsSeries, TrendsSummary } from '../../results/trends.js';
import { methodTitle } from '../attribute/figures.js';
import { smoothed, stepsText } from './figures.js';

/** How a measure went from the first step at which it is known to the last. */
export interface Course {
  readonly first: number;
  readonly last: number;
  /** Whether it ended higher or lower than it began, by more than it wavers; 0 where not. */
  readonly direction: -1 | 0 | 1;
  /** What it went through beyond both ends, by more than half of the way between them. */
  readonly turn?: { readonly step: number; readonly value: number };
}

/** A change is told from none above so many standard deviations of a difference of two values about the running mean. */
const DEVIATIONS = 2;
/** Half of all normal values are smaller in size, in standard deviations. */
const MEDIAN_OF_NORMAL = 0.6745;
/** Less than this share of the larger end is no change to speak of. */
const LEAST = 0.01;

/**
 * The course of a mean over the steps; undefined where no step has the measure. Ends are values as measured, not smoothed; a change
 * counts where it is above twice the standard deviation of what two values about the running mean differ by, and above 1 % of the
 * larger end.
 */
export function courseOf({ mean }: Pick<TrendsSummary, 'mean'>, steps: readonly number[]): Course | undefined {
  const known = mean.flatMap((value, i) => (value === null ? [] : [{ value, step: steps[i]! }]));
  if (known.length === 0) return undefined;
  const smooth = smoothed(known.map(({ value }) => value)).map((value) => value!);
  const [first, last] = [known[0]!.value, known.at(-1)!.value];
  // Of the distances the middle one: a leap at the start is no noise.
  const deviation = median(known.map(({ value }, i) => Math.abs(value - smooth[i]!))) / MEDIAN_OF_NORMAL;
  const wavers = Math.max(DEVIATIONS * Math.SQRT2 * deviation, LEAST * Math.max(Math.abs(first), Math.abs(last)));
  const change = last - first;
  const direction = Math.abs(change) > wavers ? (Math.sign(change) as -1 | 1) : 0;
  const beyond = smooth.map((value) => Math.max(value - Math.max(first, last), Math.min(first, last) - value));
  const at = beyond.reduce((best, value, i) => (value > beyond[best]! ? i : best), 0);
  const turns = beyond[at]! > Math.max(wavers, Math.abs(change) / 2);
  return { first, last, direction, ...(turns && { turn: { step: known[at]!.step, value: smooth[at]! } }) };
}

/** What explanations are that have less of a measure, as much, and more. */
const WORDS: Readonly<Record<string, readonly [less: string, same: string, more: string]>> = {
  norm: ['weaker', 'as strong', 'stronger'],
  entropy: ['more focused', 'as focused', 'less focused'],
};

/** The series that sentences are about: one a method, on images that were not trained on where there are such. */
export function leadingSeries({ series }: Pick<TrendsResult, 'series'>): TrendsSeries[] {
  const titles = [...new Set(series.map(methodTitle))];
  return titles.map((title) => {
    const own = series.filter((one) => methodTitle(one) === title);
    return own.find(({ split }) => split === 'test') ?? own[0]!;
  });
}

/**
 * The point in a sentence: whether explanations by the first method grew stronger and more focused, with the numbers. Without norm and
 * entropy, the first measure that there is.
 */
export function headline(result: TrendsResult): string {
  const [leading, ...others] = leadingSeries(result);
  const by = leading && others.length > 0 ? ` by ${methodTitle(leading)}` : '';
  const what = leading ? theChange(result, leading, by) : 'nothing was measured';
  const over = `Over ${stepsText(result.steps)} `;
  if (result.fit.label === 'not learned') return `The network did not learn: ${over.toLowerCase()}${what}`;
  return result.steps.length < 2 ? capitalised(what) : `${over}${what}`;
}

/** The same of each further method. */
export function furtherLines(result: TrendsResult): string[] {
  const others = leadingSeries(result).slice(1);
  return others.map((series) => capitalised(theChange(result, series, ` by ${methodTitle(series)}`)));
}

function theChange(result: TrendsResult, { measures }: TrendsSeries, by: string): string {
  const { steps } = result;
  const courses = Object.keys(measures).flatMap((name) => {
    const course = courseOf(measures[name]!, steps);
    return course ? [{ name, course, unit: result.measures.find((measure) => measure.name === name)?.unit ?? '' }] : [];
  });
  const named = courses.filter(({ name }) => Object.hasOwn(WORDS, name));
  const told = named.length > 0 ? named : courses.slice(0, 1);
  if (told.length === 0) return `no map${by} had any relevance`;
  const numbers = told.map(({ name, course, unit }) => `${name} ${courseText(course, unit)}`);
  if (steps.length < 2) return `explanations${by} at step ${steps[0] ?? 0}: ${numbers.join(', ')}`;
  if (told.every(({ course }) => course.direction === 0 && !course.turn)) {
    return `explanations${by} did not change (${numbers.join(', ')})`;
  }
  if (named.length === 0) return `explanations${by} changed (${numbers.join()})`;
  const clauses = told.map(({ name, course: { direction, turn } }, i) => {
    const verb = direction !== 0 ? 'grew' : turn ? 'ended' : 'stayed';
    const what = WORDS[name]![direction + 1]!;
    return { verb, rest: `${what}${verb === 'ended' ? ' as they began' : ''} (${numbers[i]!})` };
  });
  // "grew stronger and more focused"
  const said = clauses.map(({ verb, rest }, i) => (verb === clauses[i - 1]?.verb ? rest : `${verb} ${rest}`));
  return `explanations${by} ${said.join(' and ')}`;
}

/** From first to last: "0.0200 → 0.630"; with the turn in between where there is one. */
export function courseText({ first, last, turn }: Course, unit = ''): string {
  const via = turn ? ` → ${formatNumber(turn.value)} at step ${formatCount(turn.step)}` : '';
  const ends = first === last && !turn ? formatNumber(last) : `${formatNumber(first)}${via} → ${formatNumber(last)}`;
  // A score has no unit to speak of.
  return unit === '' || unit === 'score' ? ends : `${ends} ${unit}`;
}

const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
