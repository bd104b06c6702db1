/** How far maps can be believed. */
import { formatPercent } from '../../../plot/format.js';
import type { AttributeQuery, AttributeResult } from '../../../results/attribute.js';
import { methodTitle } from '../../attribute/figures.js';
import type { Fact, Trust } from '../kind-view.js';
import { accuracyFact, nothingLearned } from '../parts/accuracy.js';
import { ADDS_UP, explainedIn, firstOf, missed } from './explained.js';
import { worstMiss } from './says.js';

/** How far the maps of one decision can be believed. */
export function trustIn(result: AttributeResult, input: number): Trust {
  const queries = explainedIn(result)[input]!;
  const facts: Fact[] = [
    ...accuracyFact(result),
    ...queries.map((query): Fact => {
      const miss = missed(query);
      return [
        methodTitle(query),
        miss === undefined ? 'promises no sum' : `misses ${formatPercent(Math.min(1, miss))} of its sum`,
      ];
    }),
  ];
  return { ...judged(missOf(firstOf(result, queries)), 'the map shown first'), ...nothingLearned(result), facts };
}

/** How far all maps can be believed: as far as the worst of those that are shown first. */
export function trustOf(result: AttributeResult): Trust | undefined {
  const first = explainedIn(result)
    .filter(([{ undecided }]) => undecided === undefined)
    .flatMap((queries) => firstOf(result, queries) ?? []);
  if (result.queries.every(({ undecided }) => undecided !== undefined)) return undefined;
  return {
    ...judged(worstMiss(first), 'the worst of the maps shown first'),
    ...nothingLearned(result),
    facts: accuracyFact(result),
  };
}

const missOf = (query: AttributeQuery | undefined) => query && missed(query);

function judged(miss: number | undefined, which: string): Omit<Trust, 'facts'> {
  if (miss === undefined) {
    return {
      level: 'limited',
      says: 'No method here promises that its map adds up to the score, so that nothing checks it. lrp and integrated-gradients do.',
    };
  }
  if (miss <= ADDS_UP) {
    return {
      level: 'good',
      says: `The values of ${which} add up to the score within ${formatPercent(miss)}. That the books balance does not prove that each pixel has its due.`,
    };
  }
  return {
    level: 'limited',
    says: `The values of ${which} miss ${formatPercent(Math.min(1, miss))} of what they should add up to.`,
  };
}
