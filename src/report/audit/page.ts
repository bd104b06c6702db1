/** The page of an audit: the examples whose labels look wrong, and how well such rankings find flipped labels. */
import { formatCount, formatNumber, formatPercent } from '../../plot/format.js';
import type { Markup } from '../../plot/markup.js';
import type { AuditResult, AuditSimulation } from '../../results/audit.js';
import { auditFigures, suspectRemark, type PicturedSuspect } from './figures.js';
import { opponentSection } from './opponents.js';
import { html } from '../html.js';
import { dataTable, exampleGrid, factList, glossary, more, notice, plotFigure, renderPage } from '../page.js';
import { className } from '../class-name.js';
import { verdictOf } from './verdict.js';
import { exampleName, originColumns } from '../example-name.js';

const terms = [
  [
    'should be',
    'The class with the highest out-of-fold probability: of last layers that were fitted without the example, to the labels of ' +
      'the others. How probable it is follows from what other examples say, and from how often a label is a slip.',
  ],
  [
    'wrong',
    'How probable it is that the label is wrong. Labels are taken for a mixture of what other examples say and of slips, any other ' +
      'class; the share of slips is where all labels together are likeliest.',
  ],
  ['opponents', 'Training examples that look most like it to the last layer and carry another label.'],
  [
    'combined',
    'Weighted mean of ranks, 0 to 1: of the area under the margin, of the out-of-fold probability of the label and of its ' +
      'share among the nearest neighbours, over the epochs before the network had memorised its labels, and of the last ' +
      'two by the inputs. Without a run, of the model as it is, with its loss unless the labels are memorised.',
  ],
  [
    'aum',
    'Area under the margin: the score of the label minus the highest other score, mean over the epochs, negated.',
  ],
  ['mean loss', 'The loss of the example, mean over the epochs.'],
  ['forgetting', 'How often what was classified as labelled no longer was at the next epoch.'],
  ['confident', 'One minus the out-of-fold probability of the label.'],
  ['neighbours', 'One minus the share of the nearest neighbours that carry the label.'],
  [
    'representer',
    '|α| of an example for its own label: how far the fitted output is from the label, divided by 2λn. With one fit it ' +
      'sorts as the loss of that fit does.',
  ],
  ['loss', 'Minus the logarithm of the probability that the fitted layer gives the label.'],
  ['gradient norm', 'Length of the gradient that the example adds by the weights of the layer.'],
  [
    'influence',
    'By how much the loss of the example would grow without it, to first order (Koh & Liang), by the exact Hessian of ' +
      'the layer. It is computed for the examples with the largest gradients.',
  ],
  ['ROC-AUC', 'The chance that a flipped example ranks above one that was not; 0.5 is chance. Ties count half.'],
  ['average precision', 'Mean of the share of flips among the examples down to each flip; the noise rate is chance.'],
] as const;

/** The page of an audit: the suspects with their pictures, and how well the experiment found flipped labels. */
export function auditPage(result: AuditResult, suspects: readonly PicturedSuspect[]): string {
  const { fit, classNames, simulation } = result;
  return renderPage({
    title: 'Which labels look wrong?',
    subtitle: `audit of ${result.data.spec} by ${result.model.path}`,
    content: [
      fit.status === 'converged'
        ? undefined
        : notice(`The fit did not converge: its gradient is still ${formatNumber(fit.gradientMaxNorm)}.`),
      html(
        'section',
        { class: 'entry', 'aria-labelledby': 'suspects-title' },
        html('h2', { id: 'suspects-title' }, 'Suspects'),
        html('p', { class: 'lede' }, lede(result)),
        html('p', {}, `Sorted by ${result.by}${result.reason === undefined ? '' : `: ${result.reason}`}.`),
        suspects.length < result.suspects.length
          ? html(
              'p',
              { class: 'muted' },
              `The first ${formatCount(suspects.length)} of ${formatCount(result.suspects.length)}; all of them are in result.json.`,
            )
          : undefined,
        suspects.some(({ image }) => image) ? suspectGrid(suspects, classNames) : undefined,
        suspects.some(({ image }) => image)
          ? more('Numbers', suspectTable(suspects, classNames))
          : suspectTable(suspects, classNames),
      ),
      opponentSection(suspects, classNames),
      simulation && simulationSection(result, simulation),
      html(
        'section',
        { class: 'entry', 'aria-label': 'how this was computed' },
        factList([
          ['layer', fit.layer],
          ['features', formatCount(fit.features)],
          ['λ', formatNumber(fit.lambda)],
          ['status', fit.status],
          ['‖∇‖∞', formatNumber(fit.gradientMaxNorm)],
          ...(result.influenced > 0 ? ([['influence computed for', formatCount(result.influenced)]] as const) : []),
          ['labels contradicted by other examples', formatCount(result.memorisation.contradicted)],
          ['of which the network repeats', formatPercent(result.memorisation.repeated)],
          ...courseFacts(result),
        ]),
        more('How to read this page', glossary(terms)),
      ),
    ],
    result,
    remark: 'All examples, most suspicious first, are in suspects.csv beside this page.',
  });
}

/** The verdict, and how to read what is below it. */
function lede(result: AuditResult): string {
  const below = result.errors.suspicious
    ? 'What a label should be stands in blue.'
    : 'The examples below are only the least certain ones.';
  return `${verdictOf(result)}. ${below}`;
}

function courseFacts({ course }: AuditResult): [string, string][] {
  if (!course) return [];
  return [
    [
      'epochs looked at',
      `${formatCount(course.epochs.length)} of ${formatCount(course.epochs.at(-1) ?? 0)}, from the ${course.source}`,
    ],
    ['epochs whose last features were fitted', course.gathered.join(', ')],
  ];
}

function suspectGrid(suspects: readonly PicturedSuspect[], classNames: readonly string[]): Markup {
  return exampleGrid(
    suspects.map((suspect) => ({
      image: suspect.image,
      alt: exampleName(suspect),
      caption: className(classNames, suspect.label),
      detail: suspectRemark(suspect, classNames),
    })),
    true,
  );
}

function suspectTable(suspects: readonly PicturedSuspect[], classNames: readonly string[]): Markup {
  return dataTable(
    'Training examples, most suspicious first',
    [
      { title: 'example', numeric: true, value: ({ index }) => formatCount(index) },
      ...originColumns(suspects),
      { title: 'label', value: ({ label }) => className(classNames, label) },
      {
        title: 'should be',
        value: ({ suggested }) => (suggested === undefined ? '' : className(classNames, suggested)),
      },
      { title: 'its probability', numeric: true, value: ({ confidence }) => formatPercent(confidence) },
      { title: 'wrong', numeric: true, value: ({ wrong }) => (wrong === undefined ? '' : formatPercent(wrong)) },
      { title: 'score', numeric: true, value: ({ score }) => formatNumber(score) },
      {
        title: 'opponents',
        value: ({ opponents }) =>
          opponents.map(({ index, label }) => `${formatCount(index)} (${className(classNames, label)})`).join(', '),
      },
      { title: 'the fit says', value: ({ predicted }) => className(classNames, predicted) },
      { title: 'probability of the label', numeric: true, value: ({ probability }) => formatPercent(probability) },
      { title: 'representer', numeric: true, value: ({ representer }) => formatNumber(representer) },
      { title: 'loss', numeric: true, value: ({ loss }) => formatNumber(loss) },
      { title: 'gradient norm', numeric: true, value: ({ gradientNorm }) => formatNumber(gradientNorm) },
      {
        title: 'influence',
        numeric: true,
        value: ({ influence }) => (influence === undefined ? '' : formatNumber(influence)),
      },
    ],
    suspects,
  );
}

function simulationSection(result: AuditResult, simulation: AuditSimulation): Markup {
  const { noise, seeds, examples, flips, clean, fractions, methods } = simulation;
  const figures = auditFigures(result);
  const percent = (spread: { mean: number; deviation: number }) =>
    `${(100 * spread.mean).toFixed(1)} ± ${(100 * spread.deviation).toFixed(1)}`;
  return html(
    'section',
    { class: 'entry', id: 'simulation', 'aria-labelledby': 'simulation-title' },
    html('h2', { id: 'simulation-title' }, 'With flipped labels'),
    html(
      'p',
      { class: 'lede' },
      `${formatCount(flips)} of ${formatCount(examples)} labels were flipped (${formatPercent(noise)}), ${seeds} times. ` +
        `Each ranking was inspected from the top, what was flipped was mended, and the layer was trained again. ` +
        `Without flips its test accuracy is ${percent(clean)} %.`,
    ),
    html(
      'div',
      { class: 'pair' },
      Object.values(figures).map((svg) => plotFigure(svg)),
    ),
    dataTable(
      'Test accuracy after inspecting, %',
      [
        { title: 'ranking', value: ({ method }) => method },
        ...fractions.map((fraction, f) => ({
          title: `${Math.round(100 * fraction)} %`,
          numeric: true,
          value: ({ accuracy }: AuditSimulation['methods'][number]) => percent(accuracy[f]!),
        })),
      ],
      methods,
    ),
    dataTable(
      'How well each ranking finds the flips',
      [
        { title: 'ranking', value: ({ method }) => method },
        { title: 'ROC-AUC', numeric: true, value: ({ rocAuc }) => rocAuc.mean.toFixed(3) },
        {
          title: 'average precision',
          numeric: true,
          value: ({ averagePrecision }) => averagePrecision.mean.toFixed(3),
        },
        { title: 'found at the noise rate, %', numeric: true, value: ({ recallAtNoise }) => percent(recallAtNoise) },
        { title: 'found at 10 %', numeric: true, value: ({ recallAt10 }) => percent(recallAt10) },
        { title: 'found at 20 %', numeric: true, value: ({ recallAt20 }) => percent(recallAt20) },
      ],
      methods,
    ),
  );
}
