/** A result of `attribute` by decisions: all methods of one input together. */
import type { AttributeQuery, AttributeResult } from '../../../results/attribute.js';
import { methodTitle } from '../../attribute/figures.js';

/** One input, and every method that explained it. */
export type Explained = readonly [AttributeQuery, ...AttributeQuery[]];

const known = new WeakMap<AttributeResult, readonly Explained[]>();

/** The inputs of a result in their order. @returns the same list each time */
export function explainedIn(result: AttributeResult): readonly Explained[] {
  const found = known.get(result);
  if (found) return found;
  const groups = new Map<number, [AttributeQuery, ...AttributeQuery[]]>();
  for (const query of result.queries) {
    const group = groups.get(query.index);
    if (group) group.push(query);
    else groups.set(query.index, [query]);
  }
  const inputs = [...groups.values()];
  known.set(result, inputs);
  return inputs;
}

/** What the sum of a map misses, as a share, where its method promises that it adds up; undefined where it promises none. */
export const missed = ({ conservationError }: AttributeQuery): number | undefined => conservationError ?? undefined;

/** A map that misses no more adds up. */
export const ADDS_UP = 0.01;

/** A method to begin with, and the reason. */
export interface Recommended {
  /** Of the method: see {@link keyOf}. */
  readonly key: string;
  readonly why: string;
}

const chosen = new WeakMap<AttributeResult, readonly Recommended[]>();

/**
 * The two methods to look at first, the same for all inputs: the first one whose maps add up to the score for every input, or else
 * the one that comes nearest, as only such values are parts of something; beside it Grad-CAM at the layer nearest to the scores,
 * which asks where rather than how much. What is missing is filled up in the order of the result. MIM explains units and no pixels, and
 * has a section of its own.
 */
export function recommended(result: AttributeResult): readonly Recommended[] {
  const found = chosen.get(result);
  if (found) return found;
  const worst = new Map<string, number | undefined>();
  for (const query of result.queries) {
    if (query.layered || query.undecided !== undefined) continue;
    const [key, miss] = [keyOf(query), missed(query)];
    worst.set(key, miss === undefined ? undefined : Math.max(miss, worst.get(key) ?? 0));
  }
  const summing = [...worst].flatMap(([key, miss]) => (miss === undefined ? [] : [{ key, miss }]));
  const exact = summing.find(({ miss }) => miss <= ADDS_UP);
  const nearest = exact ?? [...summing].sort((a, b) => a.miss - b.miss)[0];
  const coarse = [...worst.keys()].findLast((key) => key.startsWith('grad-cam'));
  const first = [
    ...(nearest ? [{ key: nearest.key, why: exact ? EXACT : NEAREST }] : []),
    ...(coarse === undefined ? [] : [{ key: coarse, why: COARSE }]),
    // Of a single method there is nothing to choose.
  ].map((one) => (worst.size === 1 ? { ...one, why: '' } : one));
  const others = [...worst.keys()].filter((key) => !first.some((one) => one.key === key));
  const two = [...first, ...others.map((key) => ({ key, why: '' }))].slice(0, 2);
  chosen.set(result, two);
  return two;
}

const EXACT = 'Shown first because its values add up to the score, within 1 % for every input.';
const NEAREST = 'Shown first because, of all methods here, its values come nearest to adding up to the score.';
const COARSE = 'Shown because it asks where rather than how much: which region is for this class, coarsely.';

/** The map of a decision that is shown first; undefined where it has none but MIM’s. */
export function firstOf(result: AttributeResult, queries: Explained): AttributeQuery | undefined {
  const keys = recommended(result).map(({ key }) => key);
  return queries.find((query) => keyOf(query) === keys[0]) ?? queries.find((query) => keyOf(query) === keys[1]);
}

/** What identifies a method of an input in a link. */
export const keyOf = (query: AttributeQuery): string => methodTitle(query);
