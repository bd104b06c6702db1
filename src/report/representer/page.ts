/** The page of a representer result: the decision, the training points for and against it, and how exact that is. */
import { formatCount, formatNumber, formatSigned } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { RepresenterFit, RepresenterQuery, RepresenterResult } from '../../results/representer.js';
import { closerText } from './closer-text.js';
import { html } from '../html.js';
import { dataTable, factList, howToRead, notice, plotFigure, renderPage } from '../page.js';
import { queryHead, queryList, sentence, type ListedInput } from '../query-head.js';
import { mistakeSection, type MistakeView } from './mistakes.js';
import { reconstructionPlots, type PicturedPoint } from './figures.js';
import { influencePart, pictureList, type PicturedInfluences } from './influence.js';
import { className } from '../class-name.js';
import { originColumns } from '../example-name.js';

/** A query with its pictures. */
export interface RepresenterQueryView {
  readonly query: RepresenterQuery;
  readonly image: EmbeddedImage | undefined;
  readonly excitatory: readonly PicturedPoint[];
  readonly inhibitory: readonly PicturedPoint[];
  /** The plot of sensitivity maps. */
  readonly sensitivity: string | undefined;
  /** What influence functions list, with pictures. */
  readonly influence: PicturedInfluences | undefined;
}

/** Below this correlation the sum over training points is not what the model computes, and the page says so. */
const pearsonLimit = 0.99;

const terms = [
  [
    'value',
    'What a training point adds to a score: α_ij ⟨f_i, f_t⟩, its weight for the class times how similar its features are ' +
      'to those of the input. The values of all training points sum to the score.',
  ],
  ['excitatory', 'A training point with a positive value: being similar to it raises the score.'],
  ['inhibitory', 'A training point with a negative value: being similar to it lowers the score.'],
  [
    'α',
    'How far the output for a training point is from its target, −∂L/∂Φ divided by 2λn. It is large for points that the ' +
      'model has to strain for.',
  ],
  [
    'similarity',
    '⟨f_i, f_t⟩: the product of the features that the explained layer sees, with an appended 1 for its bias.',
  ],
  [
    'Pearson',
    'Correlation between the outputs of the model and those that are reconstructed from training points, over all ' +
      'examples and classes.',
  ],
  ['‖∇‖∞', 'Largest element of the gradient where the fit ended; the values sum to the score only where it is zero.'],
  ['λ', 'Weight of the penalty λ‖Θ‖². The smaller it is, the closer the fit to the model, and the harder to compute.'],
] as const;

/** The page, with one section a query, one for the mistakes and one for the fit. */
export function representerPage(
  result: RepresenterResult,
  queries: readonly RepresenterQueryView[],
  mistakes: readonly MistakeView[],
): string {
  const hidden = result.queries.length - queries.length;
  const { classNames, fit } = result;
  return renderPage({
    title: 'Which training points decide?',
    subtitle: `representer points of ${result.model.path}, trained on ${result.data.spec}`,
    content: [
      fitWarnings(fit).map((text) => notice(text)),
      hidden > 0 ? notice(`${formatCount(hidden)} more inputs are in result.json and not shown here.`) : undefined,
      queryList(queries.map(listed)),
      queries.map((view, i) => querySection(view, i, classNames)),
      mistakes.length > 0 ? mistakeSection(mistakes, classNames) : undefined,
      fitSection(fit),
      howToRead(terms),
    ],
    result,
    remark: 'The plots of this page lie beside it as SVG and PNG.',
  });
}

function fitWarnings({ status, gradientMaxNorm, sumError, pearson, mode, closer }: RepresenterFit): string[] {
  const warnings: string[] = [];
  if (status === 'inexact') {
    warnings.push(
      `λ is very small for these features: the values of the training points miss the scores by up to ${formatNumber(sumError)}, ` +
        'although the gradient is within the tolerance. Fit again with a larger λ.',
    );
  } else if (status !== 'converged') {
    warnings.push(
      `The fit did not converge: its gradient is still ${formatNumber(gradientMaxNorm)}. The values do not quite sum to ` +
        'the scores. Read what follows with care, or fit again with more iterations or a larger λ.',
    );
  }
  if (mode === 'given' && pearson < pearsonLimit) {
    warnings.push(
      `The sum over training points follows the model only roughly (Pearson ${formatNumber(pearson, 4)}).` +
        (closer ? ` See “How exact this is” for a smaller λ.` : ''),
    );
  }
  return warnings;
}

const listed = ({ query, image }: RepresenterQueryView, index: number): ListedInput => ({
  id: `query-${index}`,
  query,
  image,
});

function querySection(view: RepresenterQueryView, index: number, classNames: readonly string[]): Markup {
  const { query, excitatory, inhibitory, sensitivity, influence } = view;
  const { target } = query;
  const entry = listed(view, index);
  const { id } = entry;
  if (query.undecided !== undefined) {
    return html(
      'section',
      { class: 'entry', id, 'aria-labelledby': `${id}-title` },
      queryHead(entry, sentence(query.undecided)),
    );
  }
  return html(
    'section',
    { class: 'entry', id, 'aria-labelledby': `${id}-title` },
    queryHead(entry, verdict(query, classNames)),
    html('h3', {}, `What raises the score of ${target.label}`),
    pointList('Excitatory training points', excitatory, query, classNames),
    html('h3', {}, 'What lowers it'),
    pointList('Inhibitory training points', inhibitory, query, classNames, true),
    unshown(query, excitatory.length, inhibitory.length),
    html('h3', {}, 'How the score comes about'),
    html(
      'div',
      { class: 'pair' },
      classTable(query, classNames),
      factList([
        ['score of the fit', formatNumber(query.logit)],
        ['sum of all values', formatNumber(query.reconstructed)],
        ['their difference', formatNumber(Math.abs(query.logit - query.reconstructed))],
        ['Σ positive', formatSigned(query.positive)],
        ['Σ negative', formatSigned(query.negative)],
        ['score of the model', formatNumber(query.modelLogit)],
        ['output of the model', formatNumber(query.output, 4)],
        ['reconstructed output', formatNumber(query.reconstructedOutput, 4)],
        ['time for all values', `${formatNumber(1000 * query.seconds)} ms`],
      ]),
    ),
    sensitivity === undefined
      ? undefined
      : [
          html('h3', {}, 'Where each training point looks'),
          plotFigure(
            sensitivity,
            `The gradient of the score by the input is the sum of such maps over all training points, up to ` +
              `${formatNumber(query.sensitivity!.error)} of its largest value.`,
          ),
        ],
    query.influence && influence && influencePart(query.influence, influence, query, classNames),
  );
}

function unshown({ excitatory, inhibitory }: RepresenterQuery, ups: number, downs: number): Content {
  const rest = excitatory.length - ups + inhibitory.length - downs;
  if (rest === 0) return undefined;
  return html(
    'p',
    { class: 'muted' },
    `${formatCount(rest)} more training points are in result.json and not shown here.`,
  );
}

/** The point of the page in a sentence. */
function verdict(
  { target, excitatory, inhibitory, positive, negative }: RepresenterQuery,
  names: readonly string[],
): string {
  const [up] = excitatory;
  const [down] = inhibitory;
  if (!up && !down) return `No training point says anything about ${target.label}.`;
  const strongest = (point: typeof up) =>
    point
      ? `training point ${formatCount(point.index)} (${className(names, point.label)}, ${formatNumber(point.value)})`
      : 'none';
  return (
    `Training points raise the score of ${target.label} by ${formatNumber(positive)} and lower it by ` +
    `${formatNumber(-negative)}; most by ${strongest(up)} and ${strongest(down)}.`
  );
}

function classTable({ classes, target }: RepresenterQuery, classNames: readonly string[]): Markup {
  const rows = [...classes].sort((a, b) => b.value - a.value);
  return dataTable(
    `Sum of the values of each class’s training points`,
    [
      {
        title: 'class of the training points',
        value: (row) =>
          html('span', { class: row.class === target.class ? 'first' : undefined }, className(classNames, row.class)),
      },
      { title: `part in the score of ${target.label}`, numeric: true, value: (row) => formatSigned(row.value) },
    ],
    rows,
  );
}

function pointList(
  title: string,
  points: readonly PicturedPoint[],
  query: RepresenterQuery,
  classNames: readonly string[],
  opposing = false,
): Content {
  const numbers = dataTable(
    title,
    [
      { title: 'example', numeric: true, value: ({ index }) => formatCount(index) },
      ...originColumns(points),
      {
        title: 'class',
        value: ({ label }) =>
          html('span', { class: label === query.target.class ? 'accent' : undefined }, className(classNames, label)),
      },
      { title: 'value', numeric: true, value: ({ value }) => formatSigned(value) },
      { title: 'α', numeric: true, value: ({ alpha }) => formatSigned(alpha) },
      { title: 'similarity', numeric: true, value: ({ similarity }) => formatNumber(similarity) },
    ],
    points,
  );
  return pictureList(points, numbers, query, classNames, opposing);
}

function fitSection(fit: RepresenterFit): Markup {
  return html(
    'section',
    { class: 'entry', id: 'fit', 'aria-labelledby': 'fit-title' },
    html('h3', { id: 'fit-title' }, 'How exact this is'),
    html(
      'div',
      { class: 'pair' },
      reconstructionPlots(fit).map((svg) => plotFigure(svg)),
    ),
    fit.closer && html('p', {}, `${closerText(fit, fit.closer)}.`),
    factList([
      ['layer', fit.layer],
      ['fitted to', fit.mode === 'given' ? 'the outputs of the model' : 'the labels'],
      ['features', formatCount(fit.features)],
      ['λ', formatNumber(fit.lambda)],
      ['solver', fit.solver],
      ['status', fit.status],
      ['‖∇‖∞', formatNumber(fit.gradientMaxNorm)],
      ['values miss the scores by', `${formatNumber(fit.sumError)} at most`],
      ['iterations', formatCount(fit.iterations)],
      ['time', `${formatNumber(fit.seconds)} s`],
      ['largest error, train', formatNumber(fit.maxAbsError)],
      ...(fit.test ? ([['largest error, test', formatNumber(fit.test.maxAbsError)]] as const) : []),
    ]),
  );
}
