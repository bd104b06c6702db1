/** The page of an evaluation: every method by every protocol, and which figures chance would give too. */
import { formatCount, formatNumber, formatPercent } from '../../plot/format.js';
import type { Markup } from '../../plot/markup.js';
import type { EvaluateFigure, EvaluateFit, EvaluateResult } from '../../results/evaluate.js';
import { html } from '../html.js';
import { dataTable, factList, howToRead, notice, plotFigure, renderPage } from '../page.js';
import { figureGroups, intervalPlot, type FigureGroup } from './figures.js';

const terms = [
  [
    'kept',
    'Trained again on a random part of the data with the same batches in the same order; what is left out weighs 0. Scores ' +
      'are Spearman’s rank correlation over the parts, by decision, and their mean: 1 foretells the order of all outcomes.',
  ],
  [
    '± and interval',
    'The standard error over the queries, and a 95 % interval; where parts of the data were drawn, these are resampled too.',
  ],
  ['chance', 'What random effects get. A figure whose interval holds it is marked, and proves nothing.'],
] as const;

/** The page, with one section a protocol. */
export function evaluatePage(result: EvaluateResult): string {
  const groups = figureGroups(result);
  const { model, data, drift, trainingExamples, queries, accuracy, steps, seconds } = result;
  return renderPage({
    title: 'Which explanations are true?',
    subtitle: `${model.path}, trained on ${data.spec}`,
    content: [
      drift > 0
        ? notice(`The replay is not the recorded training: its weights end ${formatNumber(drift)} of their norm away.`)
        : undefined,
      factList([
        ['training examples', formatCount(trainingExamples)],
        ['queries', formatCount(queries.length)],
        ['of them decided as labelled', formatPercent(accuracy)],
        ['steps', formatCount(steps)],
        ['time', `${formatNumber(seconds)} s`],
      ]),
      result.protocols.map(
        ({ name, asks }) =>
        section(name, asks, groups.filter(({ protocol }) => protocol === name)), // prettier-ignore
      ),
      fitsSection(result.fits ?? []),
      howToRead([...terms, ...result.methods.map(({ name, says }) => [name, `${says}.`] as const)]),
    ],
    result,
    remark: 'All figures are in figures.csv; the plots of this page lie beside it as SVG and PNG.',
  });
}

function section(name: string, asks: string, groups: readonly FigureGroup[]): Markup {
  const methods = [...new Set(groups.flatMap(({ entries }) => entries.map(({ method }) => method)))];
  const found = (group: FigureGroup, method: string) => group.entries.find((entry) => entry.method === method);
  return html(
    'section',
    { class: 'entry', id: name, 'aria-labelledby': `${name}-title` },
    html('h2', { id: `${name}-title` }, name),
    html('p', { class: 'lede' }, asks),
    html('div', { class: 'pair' }, groups.slice(0, SHOWN).map((group) => plotFigure(intervalPlot(group)))), // prettier-ignore
    dataTable(
      `${capitalised(groups[0]?.unit ?? 'value')} ± standard error; ≈ marks what cannot be told from chance`,
      [
        { title: 'method', value: (method: string) => method },
        ...groups.map((group) => ({
          // A unit stays on the line of its number.
          title: group.figure.replaceAll(' %', '\u00a0%'),
          numeric: true,
          value: (method: string) => inWords(found(group, method)),
        })),
      ],
      methods,
    ),
    chanceLine(groups),
  );
}

const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** The layers that were fitted, and by which λ. */
function fitsSection(fits: readonly EvaluateFit[]): Markup | undefined {
  const rows = fits.flatMap(({ layer: { fit, damping }, ...of }) => (fit ? [{ ...of, ...fit, damping }] : []));
  if (rows.length === 0) return undefined;
  return html(
    'section',
    { class: 'entry', id: 'fits', 'aria-labelledby': 'fits-title' },
    html('h2', { id: 'fits-title' }, 'Last layers that were fitted'),
    dataTable(
      'λ of the penalty λ‖Θ‖², how the fit ended, and on what share of the training examples it says what the model says',
      [
        { title: 'method', value: ({ method }) => method },
        { title: 'training', value: ({ training }) => training },
        {
          title: 'fitted to',
          value: ({ targets }) => (targets === 'labels' ? 'the labels' : 'the model’s own outputs'),
        },
        { title: 'λ', numeric: true, value: ({ lambda }) => String(lambda) },
        {
          title: 'chosen by',
          value: ({ damping }) =>
            damping ? `leaving out ${formatCount(damping.examples)} examples, one by one` : 'default',
        },
        { title: 'fit', value: ({ status }) => status },
        {
          title: 'agrees with the model',
          numeric: true,
          value: ({ agreement }) => formatPercent(agreement),
        },
      ],
      rows,
    ),
  );
}

/** Plots of a protocol that the page shows; all of them lie beside it. */
const SHOWN = 4;

function inWords(figure: EvaluateFigure | undefined): string | undefined {
  if (!figure) return undefined;
  const { value, standardError, distinguishable } = figure;
  const error = standardError === undefined ? '' : ` ± ${formatNumber(standardError, 2)}`;
  return `${distinguishable === false ? '≈ ' : ''}${formatNumber(value)}${error}`;
}

function chanceLine(groups: readonly FigureGroup[]): Markup | undefined {
  const known = groups.flatMap(({ figure, entries }) =>
    entries[0]!.chance === undefined ? [] : [`${figure} ${formatNumber(entries[0]!.chance)}`],
  );
  return known.length === 0
    ? undefined
    : html('p', { class: 'muted' }, `By chance (dashed): ${known.join('; ')}. What cannot be told from it is grey.`);
}
