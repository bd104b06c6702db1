/** An explained decision in a few sentences. */
import { formatNumber, formatPercent, formatSigned } from '../../../plot/format.js';
import { methodTitle } from '../../attribute/figures.js';
import type { AttributeFeature, AttributeQuery, AttributeResult } from '../../../results/attribute.js';
import { ADDS_UP, firstOf, missed, type Explained } from './explained.js';

/** The point of a decision. */
export function says(result: AttributeResult, queries: Explained): string {
  const [first] = queries;
  if (first.undecided !== undefined) return first.undecided;
  const { target, output, predicted, truth } = first;
  const lost =
    truth && truth.class !== predicted.class ? `It lost to ${predicted.label}; the true class is ${truth.label}. ` : '';
  const query = firstOf(result, queries);
  const score = `Explained is the score of ${target.label}, ${formatNumber(output)}`;
  if (!query) return `${lost}${score}, by the units that had most influence on it.`;
  const miss = missed(query);
  const strongest = query.features?.[0];
  if (strongest)
    return `${lost}${score}; by ${methodTitle(query)}, ${nameOfFeature(strongest)} matters most (${formatSigned(strongest.relevance)}).`;
  if (miss === undefined) return `${lost}${score}. No map here adds up to it: read them as where, not as how much.`;
  const adds = miss <= ADDS_UP ? 'adds up to it' : `misses ${formatPercent(Math.min(1, miss))} of it`;
  return `${lost}${score}; the map by ${methodTitle(query)} ${adds}.`;
}

/** What a feature is called. */
export function nameOfFeature({ name, feature }: AttributeFeature): string {
  return name ?? `element ${feature}`;
}

/** The error of the map that is shown first, over all decisions; undefined where none adds up. */
export function worstMiss(queries: readonly AttributeQuery[]): number | undefined {
  const misses = queries.map(missed).filter((miss) => miss !== undefined);
  return misses.length === 0 ? undefined : Math.max(...misses);
}
