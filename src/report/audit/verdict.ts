/** What an audit says of all labels together, in a sentence; the terminal and the page say the same. */
import { formatCount, formatPercent } from '../../plot/format.js';
import type { AuditResult } from '../../results/audit.js';

/** Whether labels look wrong and how many, and what that was read off. */
export function verdictOf({ examples, errors }: Pick<AuditResult, 'examples' | 'errors'>): string {
  const { counted, contradicted, clear } = errors;
  const labels = `${formatCount(examples)} labels`;
  const others = `other examples contradict ${formatCount(contradicted)}`;
  if (!counted) {
    const why =
      clear === undefined
        ? ''
        : `: other examples tell the class of ${formatPercent(clear)} of the examples for sure, too few to tell slips from what is hard`;
    return `How many of ${labels} are wrong cannot be told${why}; ${others}`;
  }
  const { estimated, interval, from } = counted;
  const [low, high] = [Math.floor(interval[0]), Math.ceil(interval[1])];
  const range = `${formatCount(low)} to ${formatCount(high)} at 95 % confidence`;
  const seen = from === 'features' ? '; the features that say so have seen the labels, so that there may be more' : '';
  if (errors.suspicious) {
    return `About ${formatCount(Math.max(1, Math.round(estimated)))} of ${labels} look wrong (${range}${seen}); ${others}`;
  }
  return `Of ${labels}, no label looks wrong for sure: the number of wrong ones, ${range}, may be 0${seen}; ${others}, which may be hard`;
}
