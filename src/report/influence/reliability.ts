/** The section that says how far an influence result is to be trusted. */
import { formatCount, formatNumber, formatPercent } from '../../plot/format.js';
import type { Markup } from '../../plot/markup.js';
import type { InfluenceResult } from '../../results/influence.js';
import { html } from '../html.js';
import { factList, plotFigure } from '../page.js';
import { verificationPlot } from './figures.js';
import { correlationText } from './terms.js';

/** How the effects were computed, and what was checked. */
export function reliabilitySection(result: InfluenceResult): Markup {
  const { method, replay, layer, seconds, trainingExamples } = result;
  const plot = verificationPlot(result);
  return html(
    'section',
    { class: 'entry', id: 'reliability', 'aria-labelledby': 'reliability-title' },
    html('h3', { id: 'reliability-title' }, 'How far to trust this'),
    html('p', {}, `${method.name}: ${method.says}.`),
    layer &&
      html(
        'p',
        {},
        'Only the last layer is looked at: what the layers before it learnt from an example is taken to be there without it too.',
      ),
    plot === undefined ? undefined : plotFigure(plot),
    isRough(result)
      ? html(
          'p',
          {},
          'What was predicted and what happened go together loosely: this training amplifies small differences. ',
          html('code', {}, '--method gauss-newton'),
          ' foretells such trainings better, a smaller learning rate makes them smoother.',
        )
      : undefined,
    factList([
      ...checkedFacts(result),
      ...(replay
        ? ([
            ['steps replayed', formatCount(replay.steps)],
            ['replayed to the bit', replay.drift === 0 ? 'yes' : `no: ${formatPercent(replay.drift)} away`],
          ] as const)
        : []),
      ...layerFacts(layer),
      ['training examples', formatCount(trainingExamples)],
      ['time', `${formatNumber(seconds)} s`],
    ]),
  );
}

/** Below this correlation of predicted and actual changes a training counts as rough. */
const ROUGH = 0.8;

/** Whether the derivative of the training was little use in foretelling it. */
function isRough({ method, verified }: InfluenceResult): boolean {
  return method.name === 'metagradient' && verified?.pearson !== undefined && verified.pearson < ROUGH;
}

/** What training again showed of all inputs together, or that it was not asked. */
function checkedFacts({ verified, method, options }: InfluenceResult): readonly (readonly [string, string])[] {
  if (!verified) {
    const isRun = typeof options.run === 'string';
    return [
      ['checked by training again', isRun ? 'no: --verify does' : 'no: that takes the run that trained the model'],
    ];
  }
  const { queries, lowered, pearson } = verified;
  const isOne = queries === 1;
  const facts: (readonly [string, string])[] = [
    ['checked by training again', `for ${formatCount(queries)} ${isOne ? 'input' : 'inputs'}`],
  ];
  if (lowered !== undefined && !isOne) {
    facts.push(['lower without them, as it should be', `for ${formatCount(lowered)} of ${formatCount(queries)}`]);
  }
  const correlation =
    pearson !== undefined
      ? correlationText(verified)
      : method.predicts === false
        ? 'none: values only rank, so nothing was predicted'
        : queries < 3
          ? 'none of fewer than three inputs'
          : 'none: one of them is the same for all inputs';
  return [...facts, ['correlation of predicted and actual changes', correlation]];
}

function layerFacts(layer: InfluenceResult['layer']): readonly (readonly [string, string])[] {
  if (!layer) return [];
  const { fit, damping } = layer;
  return [
    ['layer', `${layer.name}, of ${formatCount(layer.features)} features`],
    ...(fit
      ? ([
          ['fitted to', fit.targets === 'labels' ? 'the labels' : 'the model’s own outputs'],
          ['λ of the penalty', `${fit.lambda}${damping ? ', chosen by leave-one-out' : ''}`],
          ['fit', `${fit.status}, ‖∇‖∞ ${fit.gradientMaxNorm.toExponential(1)}`],
          ['says of the training examples what the model says', formatPercent(fit.agreement)],
        ] as const)
      : []),
    ...(damping
      ? ([
          [
            `mean loss of ${formatCount(damping.examples)} examples that were left out, by λ`,
            damping.tried.map(({ lambda, loss }) => `${lambda}: ${formatNumber(loss, 3)}`).join(', '),
          ],
        ] as const)
      : []),
  ];
}
