/** Conditions on a training: whether they can be judged by what is to be measured, and whether a result meets them. */
import { countText } from '../../data/printable.js';
import { InputError } from '../../errors.js';
import type { TrendsCondition, TrendsResult } from '../../results/trends.js';
import {
  nameOf,
  placeOf,
  type ChangeCondition,
  type Condition,
  type LevelCondition,
  type Subject,
} from './condition-grammar.js';
import { percent, said } from './words.js';

export { parseCondition, type Condition } from './condition-grammar.js';

/** What is to be measured. */
export interface Plan {
  /** Names of the methods. */
  readonly methods: readonly string[];
  /** Steps that are measured, ascending. */
  readonly steps: readonly number[];
  /** Splits whose images are explained; both, where not given. */
  readonly splits?: readonly ('train' | 'test')[] | undefined;
}

/**
 * Sees to it, before the long work, that each condition has something to be judged by.
 * @throws InputError for a method or split that is not explained, steps that are not measured, or none so near to each other
 */
export function checkConditions(conditions: readonly Condition[], { methods, steps, splits }: Plan): void {
  for (const condition of conditions) {
    if (condition.kind === 'fit') continue;
    const refuse = (problem: string, mend: string) => new InputError({ place: placeOf(condition.text), problem, mend });
    const { subject, after } = condition;
    if (subject.kind === 'measure') {
      const { method, split } = subject;
      if (method !== undefined && !methods.includes(method))
        throw refuse(`${method} is not among the methods: ${methods.join(', ')}`, 'name it in `method`');
      if (split !== undefined && splits?.includes(split) === false)
        throw refuse(`no ${split} images are explained`, `there are ${splits.join(' and ')} images`);
    }
    const from = steps.filter((step) => step >= (after ?? 0));
    const needed = condition.kind === 'change' ? 2 : 1;
    if (from.length < needed)
      throw refuse(
        `${from.length === 0 ? 'no step is' : 'one step alone is'} measured from step ${after ?? 0} on`,
        `the last is ${steps.at(-1) ?? 0}`,
      );
    if (condition.kind !== 'change' || condition.within === undefined) continue;
    const nearest = from.slice(1).reduce((least, step, i) => Math.min(least, step - from[i]!), Infinity);
    if (nearest > condition.within)
      throw refuse(
        `no two measured steps lie within ${condition.within} steps`,
        `the nearest are ${nearest} apart: \`every\` sets that`,
      );
  }
}

/** What conditions are judged by. */
export type Judged = Pick<TrendsResult, 'steps' | 'series' | 'loss' | 'fit'>;

/**
 * Judges a condition. One that leaves method or split open is met when any series that it fits meets it; `detail` says which,
 * and where first; or, where none does, which came nearest. Steps without a value are passed over.
 */
export function judgeCondition(condition: Condition, result: Judged): TrendsCondition {
  const { text } = condition;
  if (condition.kind === 'fit') {
    const { label, because } = result.fit;
    return { condition: text, met: label === condition.label, detail: `${label}: ${because}` };
  }
  const found = seriesOf(condition.subject, result).map((series) =>
    condition.kind === 'change' ? judgeChange(condition, series) : judgeLevel(condition, series),
  );
  const met = found.filter((finding) => finding.met);
  const best = (met.length > 0 ? met : found).reduce<Finding | undefined>(
    (first, finding) => (first === undefined || before(finding, first) ? finding : first),
    undefined,
  );
  return { condition: text, met: met.length > 0, detail: best?.detail ?? 'no such series was measured' };
}

interface Values {
  /** What the series is called, for the detail. */
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** Whether the last measured step has a value. */
  readonly complete: boolean;
}

interface Finding {
  readonly met: boolean;
  /** Where it was met. */
  readonly step: number;
  /** How far it came, where it was not met: more is nearer. */
  readonly came: number;
  readonly detail: string;
}

/** The earlier one of two that are met, the nearer one of two that are not. */
const before = (a: Finding, b: Finding) => (a.met ? a.step < b.step : a.came > b.came);

function seriesOf(subject: Subject, { steps, series, loss }: Judged): Values[] {
  if (subject.kind !== 'measure') {
    const { kind, split } = subject;
    return [withoutNulls(nameOf(subject), steps, split === 'batch' ? loss.batch : loss[split][kind])];
  }
  return series
    .filter(({ method }) => subject.method === undefined || method === subject.method)
    .filter(({ split }) => subject.split === undefined || split === subject.split)
    .flatMap(({ method, split, measures }) => {
      const summary = measures[subject.name];
      return summary ? [withoutNulls(`${subject.name} of ${method}, ${split} images,`, steps, summary.mean)] : [];
    });
}

function withoutNulls(name: string, steps: readonly number[], values: readonly (number | null)[]): Values {
  const known = steps.flatMap((step, i) => {
    const value = values[i] ?? null;
    return value === null ? [] : [{ step, value }];
  });
  return {
    name,
    steps: known.map(({ step }) => step),
    values: known.map(({ value }) => value),
    complete: known.at(-1)?.step === steps.at(-1),
  };
}

/**
 * Finds the largest change between two steps that are near enough, in time with the number of steps. The first step at which it
 * is large enough counts, with the earlier step that makes it largest.
 */
function judgeChange(condition: ChangeCondition, { name, steps, values }: Values): Finding {
  const { direction, by, relative, within = Infinity, after = 0 } = condition;
  const sign = direction === 'rises' ? 1 : -1;
  let best = { change: -Infinity, from: -1, to: -1 };
  // Among earlier values of one sign a change is largest from the least or the greatest, relative or not.
  const extremes = [-1, 0, 1].flatMap((side) =>
    [1, -1].map((order) => ({ side, window: slidingLeast(values, order) })),
  );
  for (let to = 0; to < steps.length && !(best.change > by); to++) {
    if (steps[to]! < after) continue;
    for (const { side, window } of extremes) {
      while (window.first !== undefined && steps[to]! - steps[window.first]! > within) window.drop();
      if (window.first !== undefined) {
        const change = changeOf(sign * (values[to]! - values[window.first]!), values[window.first]!, relative);
        if (change > best.change) best = { change, from: window.first, to };
      }
      if (Math.sign(values[to]!) === side) window.push(to);
    }
  }
  const { change, from, to } = best;
  const met = change > by;
  const verb = direction === 'rises' ? 'rose' : 'fell';
  const where =
    from < 0
      ? ''
      : `from ${said(values[from]!)} at step ${countText(steps[from]!)} to ${said(values[to]!)} at step ${countText(steps[to]!)}`;
  const much = !Number.isFinite(change) ? '' : ` by ${relative ? percent(change) : said(change)}`;
  const detail =
    from < 0
      ? `${name} has no two values to compare`
      : change <= 0
        ? `${name} never ${verb}`
        : `${name} ${verb}${much}${met ? '' : ' at most'}, ${where}`;
  return { met, step: met ? steps[to]! : Infinity, came: change, detail };
}

/** A difference, or its share in the size of the earlier value: of 0, any is infinitely much. */
const changeOf = (difference: number, earlier: number, relative: boolean) =>
  relative && difference !== 0 ? difference / Math.abs(earlier) : difference;

/** The least value, in an order of 1 or −1, of a window that takes in places and drops the first of its candidates. */
function slidingLeast(values: readonly number[], order: number) {
  // Places that are the least of all from there on; what is before `head` has left the window.
  const candidates: number[] = [];
  let head = 0;
  return {
    get first(): number | undefined {
      return candidates[head];
    },
    drop: () => {
      head++;
    },
    push: (place: number) => {
      while (candidates.length > head && order * values[candidates.at(-1)!]! >= order * values[place]!)
        candidates.pop();
      candidates.push(place);
    },
  };
}

function judgeLevel(
  { side, than, atEnd, after = 0 }: LevelCondition,
  { name, steps, values, complete }: Values,
): Finding {
  const sign = side === 'above' ? 1 : -1;
  const passes = (i: number) => sign * values[i]! > sign * than;
  const missed = (came: number, detail: string): Finding => ({ met: false, step: Infinity, came, detail });
  if (atEnd) {
    const last = values.length - 1;
    if (!complete || last < 0) return missed(-Infinity, `${name} has no value at the end`);
    const detail = `${name} is ${said(values[last]!)} at the end, step ${countText(steps[last]!)}`;
    return passes(last) ? { met: true, step: steps[last]!, came: 0, detail } : missed(sign * values[last]!, detail);
  }
  let best = -1;
  for (let i = 0; i < values.length; i++) {
    if (steps[i]! < after) continue;
    if (passes(i))
      return {
        met: true,
        step: steps[i]!,
        came: 0,
        detail: `${name} is ${said(values[i]!)} at step ${countText(steps[i]!)}`,
      };
    if (best < 0 || sign * values[i]! > sign * values[best]!) best = i;
  }
  if (best < 0) return missed(-Infinity, `${name} has no value`);
  const most = side === 'above' ? 'at most' : 'at least';
  return missed(sign * values[best]!, `${name} is ${said(values[best]!)} ${most}, at step ${countText(steps[best]!)}`);
}
