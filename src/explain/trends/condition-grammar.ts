/** How conditions on a training are written: `entropy falls by more than 20 % within 500 steps`. */
import { InputError } from '../../errors.js';
import { nearestNames } from '../../nearest.js';
import type { TrendsFit } from '../../results/trends.js';
import { METHOD_NAMES } from '../attribution/methods/registry.js';
import { MEASURES, MEASURE_NAMES } from './measures.js';

/** The series that a condition is about: those of a measure, or one of the losses and accuracies. */
export type Subject =
  | {
      readonly kind: 'measure';
      readonly name: string;
      /** Any, where none is named. */
      readonly method: string | undefined;
      readonly split: 'train' | 'test' | undefined;
    }
  | { readonly kind: 'loss'; readonly split: 'train' | 'test' | 'batch' }
  | { readonly kind: 'accuracy'; readonly split: 'train' | 'test' };

/** A change between two measured steps. */
export interface ChangeCondition {
  readonly kind: 'change';
  readonly subject: Subject;
  readonly direction: 'rises' | 'falls';
  /** It must be more than this: a share of the size of the earlier value, or a difference. */
  readonly by: number;
  readonly relative: boolean;
  /** How far the two steps may be apart at most. */
  readonly within: number | undefined;
  /** From which step on. */
  readonly after: number | undefined;
}

/** A level that is passed: at some measured step, or at the last one. */
export interface LevelCondition {
  readonly kind: 'level';
  readonly subject: Subject;
  readonly side: 'above' | 'below';
  readonly than: number;
  readonly atEnd: boolean;
  readonly after: number | undefined;
}

/** What the losses say. */
export interface FitCondition {
  readonly kind: 'fit';
  readonly label: TrendsFit['label'];
}

/** A condition, with its text as it was written. */
export type Condition = { readonly text: string } & (ChangeCondition | LevelCondition | FitCondition);

const LABELS: readonly TrendsFit['label'][] = [
  'not learned',
  'still learning',
  'good fit',
  'overfit',
  'strong overfit',
  'double descent',
];

/**
 * Reads a condition; capitals do not matter, nor whether a % stands apart:
 *
 * - `[method] [train|test] measure rises|falls by more than number[ %] [within n steps] [after step n]`
 * - `[method] [train|test] measure is above|below number[ %] [at the end | after step n]`
 * - either with `train|test|batch loss` or `train|test accuracy` in place of the measure
 * - `fit is label`
 *
 * @throws InputError with the place where it goes astray and what could stand there; or if no run could ever meet it, or each
 */
export function parseCondition(text: string): Condition {
  const words = new Words(text);
  const first = words.peek();
  if (first === 'fit') {
    words.take('fit');
    words.take('is');
    const label = words.rest();
    const found = LABELS.find((known) => known === label);
    if (found) return { text, kind: 'fit', label: found };
    throw words.astray(LABELS);
  }
  const subject = readSubject(words);
  const verb = words.take('rises', 'falls', 'is');
  const condition = verb === 'is' ? readLevel(words, subject) : readChange(words, subject, verb);
  return { text, ...condition };
}

/** The option and what it was given, for a message. */
export const placeOf = (text: string) => `\`failOn\` "${text}"`;

/** Between what the values of a subject lie. */
export function rangeOf(subject: Subject): readonly [number, number] {
  if (subject.kind === 'accuracy') return [0, 1];
  if (subject.kind === 'loss') return [0, Infinity];
  return MEASURES.find(({ name }) => name === subject.name)!.range;
}

function readSubject(words: Words): Subject {
  const [first, second] = [words.peek(), words.peek(1)];
  if (second === 'loss' && (first === 'train' || first === 'test' || first === 'batch')) {
    words.skip(2);
    return { kind: 'loss', split: first };
  }
  if (second === 'accuracy' && (first === 'train' || first === 'test')) {
    words.skip(2);
    return { kind: 'accuracy', split: first };
  }
  const method = words.option(METHOD_NAMES);
  const split = words.option(['train', 'test'] as const);
  const next = words.peek();
  if (next === 'loss' || next === 'accuracy') {
    const known = next === 'loss' ? 'train loss, test loss or batch loss' : 'train accuracy or test accuracy';
    throw words.never(`${next} is that of no method and of one split`, `there is ${known}`);
  }
  const measure = words.option(MEASURE_NAMES);
  if (measure !== undefined) return { kind: 'measure', name: measure, method, split };
  if (split !== undefined)
    throw words.astray(method === undefined ? [...MEASURE_NAMES, 'loss', 'accuracy'] : MEASURE_NAMES);
  if (method !== undefined) throw words.astray(['train', 'test', ...MEASURE_NAMES]);
  if (words.peek() === 'batch') {
    words.skip(1);
    throw words.astray(['loss']);
  }
  throw words.astray([
    'fit',
    'train',
    'test',
    'batch',
    ...MEASURE_NAMES,
    ...METHOD_NAMES.filter((name) => !MEASURE_NAMES.includes(name)),
  ]);
}

function readChange(words: Words, subject: Subject, direction: 'rises' | 'falls'): ChangeCondition {
  for (const word of ['by', 'more', 'than']) words.take(word);
  const number = words.number('a number');
  if (number < 0) throw words.never('a rise or fall is a number of 0 or more');
  const relative = words.option(['%']) !== undefined;
  let [within, after]: (number | undefined)[] = [];
  while (!words.done) {
    const open = [within === undefined ? 'within' : undefined, after === undefined ? 'after' : undefined];
    const next = words.take(...open.filter((word) => word !== undefined));
    if (next === 'within') {
      within = words.steps(1);
      words.take('steps', 'step');
    } else after = readStep(words);
  }
  const [low, high] = rangeOf(subject);
  if (!relative && number >= high - low)
    throw words.never(
      `the ${nameOf(subject)} lies between ${low} and ${high}, and cannot change by more than ${number}`,
    );
  if (relative && direction === 'falls' && low >= 0 && number >= 100)
    throw words.never(`the ${nameOf(subject)} is never below 0, and cannot fall by more than ${number} %`);
  return { kind: 'change', subject, direction, by: relative ? number / 100 : number, relative, within, after };
}

function readLevel(words: Words, subject: Subject): LevelCondition {
  const side = words.take('above', 'below');
  const number = words.number('a number');
  const [low, high] = rangeOf(subject);
  const share = high === 1;
  const percent = words.option(['%']) !== undefined;
  if (percent && !share) throw words.never(`the ${nameOf(subject)} is no share of anything`, 'leave out the %');
  const than = percent ? number / 100 : number;
  let [atEnd, after]: [boolean, number | undefined] = [false, undefined];
  if (!words.done) {
    if (words.take('at', 'after') === 'after') after = readStep(words);
    else {
      words.take('the');
      words.take('end');
      atEnd = true;
    }
  }
  words.end();
  if (than < low || than > high || than === (side === 'above' ? high : low))
    throw words.never(
      `the ${nameOf(subject)} lies between ${low} and ${high}`,
      share && number > 1 && number <= 100 ? `write ${number} %, or ${number / 100}` : undefined,
    );
  return { kind: 'level', subject, side, than, atEnd, after };
}

function readStep(words: Words): number {
  words.take('step');
  return words.steps(0);
}

/** What a subject is called in a sentence. */
export const nameOf = (subject: Subject): string =>
  subject.kind === 'measure' ? subject.name : `${subject.split} ${subject.kind}`;

/** The words of a condition, read from the left. */
class Words {
  readonly #text: string;
  readonly #words: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#words = text.match(/%|[^\s%]+/g) ?? [];
  }

  get done(): boolean {
    return this.#at >= this.#words.length;
  }

  peek(ahead = 0): string | undefined {
    return this.#words[this.#at + ahead]?.toLowerCase();
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** Reads a word that must be one of some. */
  take<const Word extends string>(...wanted: readonly Word[]): Word {
    const found = this.option(wanted);
    if (found === undefined) throw this.astray(wanted);
    return found;
  }

  /** Reads a word if it is one of some. */
  option<const Word extends string>(wanted: readonly Word[]): Word | undefined {
    const found = wanted.find((word) => word === this.peek());
    if (found !== undefined) this.#at++;
    return found;
  }

  number(what: string): number {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(this.peek() ?? '') ? Number(this.peek()) : NaN;
    if (!Number.isFinite(value)) throw this.astray([what]);
    this.#at++;
    return value;
  }

  steps(least: number): number {
    const value = /^\d+$/.test(this.peek() ?? '') ? Number(this.peek()) : NaN;
    if (!(Number.isSafeInteger(value) && value >= least)) throw this.astray([`a whole number from ${least} on`]);
    this.#at++;
    return value;
  }

  /** All that is left, with single spaces; it stays unread. */
  rest(): string {
    return this.#words.slice(this.#at).join(' ').toLowerCase();
  }

  end(): void {
    if (!this.done) throw this.astray(['nothing more']);
  }

  /** What could stand where the next word is. */
  astray(wanted: readonly string[]): InputError {
    const word = this.#words[this.#at];
    const where = word === undefined ? 'it ends too early' : `word ${this.#at + 1}, "${word}", does not belong there`;
    const near =
      word !== undefined && wanted.length > 3 ? `the nearest are ${nearestNames(word, wanted).join(', ')}` : '';
    const could = near || `${word === undefined ? 'next comes' : 'there can stand'} ${listed(wanted)}`;
    return new InputError({ place: placeOf(this.#text), problem: where, mend: could });
  }

  /** A condition that is the same for every run. */
  never(problem: string, mend?: string): InputError {
    return new InputError({ place: placeOf(this.#text), problem, mend });
  }
}

/** `a, b or c`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}
