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

/** Two methods to begin with, each with the reason. */
export interface Recommended {
  readonly query: AttributeQuery;
  readonly why: string;
}

/**
 * The methods to look at first: the one whose map comes nearest to adding up to the score, as only its values are parts of something;
 * beside it Grad-CAM at the layer nearest to the scores, which asks where rather than how much. What is missing is filled up in
 * the order of the result; MIM, which explains units and no pixels, comes last.
 */
export function recommended(queries: Explained): Recommended[] {
  const exact = queries
    .filter((query) => missed(query) !== undefined)
    .sort((a, b) => missed(a)! - missed(b)!)
    .slice(0, 1)
    .map((query) => ({
      query,
      why: 'Shown first because, of all methods here, its values come nearest to adding up to the score.',
    }));
  const where = queries
    .filter(({ method }) => method === 'grad-cam')
    .slice(-1)
    .map((query) => ({
      query,
      why: 'Shown beside it because it asks another question: which region is for this class, coarsely.',
    }));
  const chosen = [...exact, ...where];
  const others = [...queries]
    .filter((query) => !chosen.some((one) => one.query === query))
    .sort((a, b) => Number(a.layered !== undefined) - Number(b.layered !== undefined))
    .map((query) => ({ query, why: '' }));
  return [...chosen, ...others].slice(0, 2);
}

/** What identifies a method of an input in a link. */
export const keyOf = (query: AttributeQuery): string => methodTitle(query);
