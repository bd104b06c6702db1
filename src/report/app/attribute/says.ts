/** An explained decision in a few sentences. */
import { formatNumber, formatPercent, formatSigned } from '../../../plot/format.js';
import { methodTitle } from '../../attribute/figures.js';
import type { AttributeFeature, AttributeQuery, AttributeResult, AttributeToken } from '../../../results/attribute.js';
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
  const strongest = strongestOf(query);
  if (strongest)
    return `${lost}${score}; by ${methodTitle(query)}, ${strongest.name} matters most (${formatSigned(strongest.relevance)}).`;
  if (miss === undefined) return `${lost}${score}. No map here adds up to it: read them as where, not as how much.`;
  const adds = miss <= ADDS_UP ? 'adds up to it' : `misses ${formatPercent(Math.min(1, miss))} of it`;
  return `${lost}${score}; the map by ${methodTitle(query)} ${adds}.`;
}

/** The token or feature of the largest magnitude; undefined of a picture. */
function strongestOf({ tokens, features }: AttributeQuery): { name: string; relevance: number } | undefined {
  if (!tokens?.length) return features?.[0] && { name: nameOfFeature(features[0]), relevance: features[0].relevance };
  const most = tokens.reduce((a, b) => (Math.abs(b.relevance) > Math.abs(a.relevance) ? b : a));
  return { name: nameOfToken(most), relevance: most.relevance };
}

/** A token in quotation marks, or padding. */
export function nameOfToken({ token }: AttributeToken): string {
  return token === '' ? 'padding' : `“${token}”`;
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
