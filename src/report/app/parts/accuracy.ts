/** Whether the explained network learned anything. */
import { formatPercent } from '../../../plot/format.js';
import type { Accuracy } from '../../../results/accuracy.js';
import type { Result } from '../../../results/kinds.js';
import type { Fact, Trust } from '../kind-view.js';

/** So many standard errors above chance is learned. */
const CLEARLY = 3;

/** Accuracy of a result's model; that of an evaluation is of its queries. */
const accuracyOf = (result: Result): Accuracy | undefined => (result.kind === 'evaluate' ? undefined : result.accuracy);

/** Whether an accuracy cannot be told from guessing. Where it is not known of how many examples it is, a tenth above chance is. */
export function isAtChance({ value, chance, examples }: Accuracy): boolean {
  const error = examples === undefined ? (chance * 0.1) / CLEARLY : Math.sqrt((chance * (1 - chance)) / examples);
  return value - chance < CLEARLY * error;
}

/** The fact that stands in every badge. */
export function accuracyFact(result: Result): readonly Fact[] {
  const accuracy = accuracyOf(result);
  if (!accuracy) return [];
  const { split, value, chance } = accuracy;
  return [[`accuracy on the ${split} split`, `${formatPercent(value)}, by chance ${formatPercent(chance)}`]];
}

/** What takes the place of an explanation where nothing was learned; undefined where something was. */
export function nothingLearned(result: Result): Trust | undefined {
  const accuracy = accuracyOf(result);
  if (!accuracy || !isAtChance(accuracy)) return undefined;
  return {
    level: 'bad',
    says:
      `Nothing was learned that could be explained: the network is right in ${formatPercent(accuracy.value)} of the ${accuracy.split} ` +
      `examples, where guessing gives ${formatPercent(accuracy.chance)}.`,
    facts: accuracyFact(result),
  };
}
