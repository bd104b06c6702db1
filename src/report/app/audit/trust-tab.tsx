/** How far an audit can be believed: what was counted, what the network memorised, and what was used. */
import type { VNode } from 'preact';
import { formatCount, formatNumber, formatPercent } from '../../../plot/format.js';
import type { AnyAudit } from '../../audit/counsel.js';
import { verdictOf } from '../../audit/verdict.js';
import type { Fact } from '../kind-view.js';
import { accuracyFact } from '../parts/accuracy.js';
import { Facts, Notice } from '../parts/basics.js';
import { sentence } from '../parts/text.js';
import type { Part } from '../payload.js';
import { memorisationFacts, rankingText } from './says.js';
import { Simulation } from './simulation.js';

/** The tab. */
export function TrustTab({ part }: { readonly part: Part }): VNode {
  const result = part.result as AnyAudit;
  const { errors, memorisation, fit, simulation, examples } = result;
  return (
    <section>
      <h2>How far to trust this</h2>
      {fit.status !== 'converged' && fit.status !== 'inexact' && (
        <Notice>The fit did not converge: its gradient is still {formatNumber(fit.gradientMaxNorm)}.</Notice>
      )}
      {errors && <p class="lede">{sentence(verdictOf({ examples, errors }))}</p>}
      <p>{rankingText(result)}</p>
      {errors && (
        <>
          <h3>Wrong labels</h3>
          <Facts facts={errorFacts(errors)} />
        </>
      )}
      <h3>What the network says of its labels</h3>
      <Facts
        facts={[
          ...accuracyFact(result),
          ['labels that the fitted layer contradicts', formatPercent(result.disagreement)],
          ...(memorisation ? memorisationFacts(memorisation) : []),
        ]}
      />
      <h3>How this was computed</h3>
      <Facts facts={fitFacts(result)} />
      {simulation && <Simulation simulation={simulation} />}
      <p class="muted small">All examples, most suspicious first, are in suspects.csv beside this page.</p>
    </section>
  );
}

function errorFacts({ counted, estimated, contradicted, clear }: NonNullable<AnyAudit['errors']>): Fact[] {
  return [
    ...(counted
      ? [
          [
            'likely wrong',
            `${formatNumber(counted.estimated)} (95 %: ${counted.interval.map((end) => formatNumber(end)).join(' to ')})`,
          ] as const,
          ['read off', counted.from === 'inputs' ? 'the inputs' : 'the features, which have seen the labels'] as const,
        ]
      : []),
    ['off the diagonal by confident learning', formatNumber(estimated)],
    ['contradicted twice', formatCount(contradicted)],
    ...(clear === undefined ? [] : [['examples whose class others tell for sure', formatPercent(clear)] as const]),
  ];
}

function fitFacts({ fit, course, influenced, examples }: AnyAudit): Fact[] {
  return [
    ['examples', formatCount(examples)],
    ['layer', fit.layer],
    ['features', formatCount(fit.features)],
    ['λ', formatNumber(fit.lambda)],
    ['status', fit.status],
    ['‖∇‖∞', formatNumber(fit.gradientMaxNorm)],
    ...(influenced > 0 ? [['influence computed for', formatCount(influenced)] as const] : []),
    ...(course
      ? ([
          [
            'epochs looked at',
            `${formatCount(course.epochs.length)} of ${formatCount(course.epochs.at(-1) ?? 0)}, from the ${course.source}`,
          ],
          ['epochs whose last features were fitted', course.gathered.join(', ') || 'none'],
        ] as const)
      : []),
  ];
}
