/** What an audit says as a whole. */
import { formatCount, formatNumber, formatPercent } from '../../../plot/format.js';
import type { AuditResult } from '../../../results/audit.js';
import type { AnyAudit } from '../../audit/counsel.js';
import type { Fact, Trust } from '../kind-view.js';
import { accuracyFact, nothingLearned } from '../parts/accuracy.js';

/** How many labels are likely wrong. */
export function headline({ examples, errors, suspects }: AnyAudit): string {
  const labels = `${formatCount(examples)} labels`;
  if (!errors) return `The ${formatCount(suspects.length)} most suspicious of ${labels}.`;
  const { counted, contradicted, suspicious } = errors;
  if (!counted) {
    return `How many of ${labels} are wrong cannot be told; other examples contradict ${formatCount(contradicted)}.`;
  }
  const [low, high] = [Math.floor(counted.interval[0]), Math.ceil(counted.interval[1])].map((end) => formatCount(end));
  // An interval that begins at none does not say that there are none: a few may be wrong all the same.
  if (!suspicious) return `None of ${labels} looks wrong for sure: ${low} to ${high} may be, at 95 % confidence.`;
  const about = formatCount(Math.max(1, Math.round(counted.estimated)));
  return `About ${about} of ${labels} are likely wrong: ${low} to ${high}, at 95 % confidence.`;
}

/** What the suspects are sorted by, and why. */
export function rankingText({ by, reason }: AnyAudit): string {
  return `Sorted by ${by}${reason === undefined ? '' : `: ${reason}`}.`;
}

/** How far the ranking can be believed. */
export function trustOf(result: AnyAudit): Trust {
  const { fit, memorisation, errors } = result;
  const facts: Fact[] = [
    ...accuracyFact(result),
    ['sorted by', result.by],
    ...(memorisation ? memorisationFacts(memorisation) : []),
    ['fit of the last layer', fit.status],
  ];
  const doubts = [
    nothingLearned(result) !== undefined &&
      'the network is right no more often than by guessing, so that what it says of labels counts for nothing',
    errors !== undefined && errors.counted === undefined && 'too few examples are clear to count the wrong labels',
    errors?.counted?.from === 'features' &&
      'the features that speak against labels have seen the labels, so that some wrong ones are missed',
    (fit.status === 'stalled' || fit.status === 'iteration-limit') &&
      `the fit of the last layer did not converge (its gradient is still ${formatNumber(fit.gradientMaxNorm)})`,
  ].filter((doubt) => doubt !== false);
  const says = doubts.length > 0 ? `With care: ${doubts.join('; ')}. ` : '';
  return { level: doubts.length > 0 ? 'limited' : 'good', says: says + rankingText(result), facts };
}

/** How far the network repeats labels that look wrong. */
export function memorisationFacts({ contradicted, repeated, memorised }: AuditResult['memorisation']): readonly Fact[] {
  return [
    ['labels memorised', memorised ? 'yes' : 'no'],
    ['labels contradicted by other examples', formatCount(contradicted)],
    ['of which the network repeats', formatPercent(repeated)],
  ];
}
