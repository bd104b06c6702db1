/** The page of a trends result: what changed, how well the network learned meanwhile, and every measure beside the losses. */
import { formatCount, formatNumber, formatPercent } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import type { TrendsCondition, TrendsResult, TrendsSeries } from '../../results/trends.js';
import { html } from '../html.js';
import { dataTable, factList, howToRead, jumpList, plotFigure, renderPage } from '../page.js';
import { correlationTable } from './correlations.js';
import { nameAndUnit } from './figures.js';
import { courseOf, courseText, furtherLines, headline, leadingSeries } from './headline.js';
import { mapsSection, type StripOnPage } from './maps-section.js';
import { sliderSteps, stepper, stepperScript } from './stepper.js';

/** One method with its plots. */
export interface MethodPart {
  readonly title: string;
  readonly series: readonly TrendsSeries[];
  /** A plot for each measure, by name. */
  readonly figures: readonly (readonly [measure: string, svg: string])[];
}

/** What a page shows besides the result. */
export interface TrendsPageParts {
  readonly performance: string;
  readonly methods: readonly MethodPart[];
  readonly strips: readonly StripOnPage[];
  /** Strips that are in the result and not on the page. */
  readonly hidden: number;
}

const terms = [
  [
    'raw and running mean',
    'Thin lines are values as measured; thick ones the mean of as many steps as the legend says, around each step. Near the ends the ' +
      'mean is over fewer. Bands are running means of the quartiles over images.',
  ],
  [
    'ρ',
    'Spearman’s rank correlation of a measure and a loss over the steps, as measured and not smoothed: 1 where both rise and fall ' +
      'together, −1 where one rises as the other falls. Below it the interval that holds it with 95 % confidence, by a bootstrap of ' +
      'blocks of neighbouring steps.',
  ],
  [
    'p',
    'How often a correlation as strong comes about where there is none, with blocks of neighbouring steps shuffled. In brackets: as ' +
      'if each step were new evidence, which it is not.',
  ],
  [
    'train, test, batch',
    'Loss on examples that were trained on, on others, and on the batch that led to the step, before its update.',
  ],
] as const;

/** The page. */
export function trendsPage(result: TrendsResult, { performance, methods, strips, hidden }: TrendsPageParts): string {
  const { steps, fit, model, data, images, weights, loss, seconds, conditions } = result;
  const slider = stepper(
    sliderSteps(
      steps,
      strips.map(({ steps: own }) => own),
    ),
    strips.length > 0 ? 'the maps and plots' : 'the plots',
  );
  return renderPage({
    title: 'How did its explanations change?',
    subtitle: `${model.path}, trained on ${data.spec}`,
    content: [
      html(
        'section',
        { class: 'entry', 'aria-labelledby': 'point' },
        html('h2', { id: 'point', class: 'sentence' }, headline(result)),
        conditionPart(conditions),
        html('p', { class: 'lede' }, html('strong', {}, `${capitalised(fit.label)}.`), ` ${fit.because}`),
        furtherLines(result).map((line) => html('p', { class: 'lede' }, `${line}.`)),
        html('p', { class: 'muted' }, `These are means over ${meansOf(result)}.`),
        methods.length > 1
          ? jumpList(
              'Methods',
              methods.map(({ title }, i) => ({ id: `method-${i}`, name: title })),
            )
          : undefined,
        html(
          'div',
          { class: 'pair' },
          plotFigure(performance),
          factList([
            ['steps', `${formatCount(steps.length)} of ${formatCount(steps.at(-1) ?? 0)}`],
            ['epochs', formatNumber((steps.at(-1) ?? 0) / result.stepsPerEpoch)],
            ['images', formatCount(images.length)],
            ['maps speak for', TARGETS[result.target] ?? result.target],
            [
              'losses of',
              `${formatCount(loss.train.examples)} train and ${formatCount(loss.test.examples)} test examples`,
            ],
            ['weights', weightsText(weights)],
            ...(weights.measureError > 0
              ? ([['measures off by at most', `${formatPercent(weights.measureError)} of how far they move`]] as const)
              : []),
            ['time', `${formatNumber(seconds)} s`],
          ]),
        ),
      ),
      slider,
      methods.map((part, i) => methodSection(result, part, i)),
      mapsSection(result, strips, hidden),
      howToRead([
        ...terms,
        ...result.measures.map(
          ({ name, says, unit }) =>
            [name, `${capitalised(says)}${unit === '' ? '' : `, in units of ${unit}`}.`] as const,
        ),
      ]),
    ],
    result,
    remark: 'All series are in series.csv; the plots of this page lie in plots/ as SVG and PNG.',
    ...(slider && { script: stepperScript }),
  });
}

/** Targets that are not one class. */
const TARGETS: Readonly<Record<string, string>> = {
  predicted: 'the class predicted at each step',
  true: 'the true class',
};

/** Which images the sentences at the top are about. */
function meansOf(result: TrendsResult): string {
  const split = leadingSeries(result)[0]?.split ?? 'train';
  const count = result.images.filter((image) => image.split === split).length;
  return `${formatCount(count)} ${split} images${split === 'test' ? ', which were not trained on' : ''}`;
}

const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function weightsText({ source, error, checkpoints }: TrendsResult['weights']): string {
  const from = source === 'log' ? 'summed up from the log' : 'from training again';
  if (checkpoints.length === 0) return `${from}, compared with no checkpoint`;
  const apart = error === 0 ? 'to the bit as' : `within ${formatNumber(error, 2)} of the largest change of`;
  return `${from}, ${apart} ${checkpoints.length === 1 ? 'the checkpoint' : `${checkpoints.length} checkpoints`}`;
}

/** Conditions that were asked for: those that were met cannot be overlooked. */
function conditionPart(conditions: readonly TrendsCondition[]): Content {
  const met = conditions.filter((one) => one.met);
  const others = conditions.filter((one) => !one.met);
  const list = (some: readonly TrendsCondition[]) =>
    html(
      'ul',
      {},
      some.map(({ condition, detail }) => html('li', {}, html('strong', {}, condition), `: ${detail}`)),
    );
  return [
    met.length === 0
      ? undefined
      : html(
          'div',
          { class: 'notice failed', role: 'note' },
          html(
            'p',
            {},
            html(
              'strong',
              {},
              `Failed: ${formatCount(met.length)} of ${formatCount(conditions.length)} conditions to fail on ${met.length === 1 ? 'was' : 'were'} met`,
            ),
          ),
          list(met),
        ),
    others.length === 0
      ? undefined
      : html(
          'div',
          { class: 'conditions' },
          html('p', {}, met.length === 0 ? 'No condition to fail on was met:' : 'Not met:'),
          list(others),
        ),
  ];
}

function methodSection(result: TrendsResult, { title, series, figures }: MethodPart, index: number): Markup {
  const id = `method-${index}`;
  const tables = series.map(correlationTable).filter((table) => table !== undefined);
  return html(
    'section',
    { class: 'entry', id, 'aria-labelledby': `${id}-title` },
    html('h2', { id: `${id}-title` }, title),
    dataTable(
      `From step ${formatCount(result.steps[0] ?? 0)} to step ${formatCount(result.steps.at(-1) ?? 0)}, mean over images`,
      [
        { title: 'measure', value: (name: string) => nameAndUnit(result, name) },
        ...series.map(({ split, measures }) => ({
          title: `${split} images`,
          value: (name: string) => changeText(result, measures[name]),
        })),
      ],
      [...new Set(series.flatMap(({ measures }) => Object.keys(measures)))],
    ),
    html('h3', {}, 'Measures and losses over the same steps'),
    html(
      'div',
      { class: 'plots' },
      figures.map(([, svg]) => plotFigure(svg)),
    ),
    html('h3', {}, 'Do they go together?'),
    tables.length === 0
      ? html('p', {}, 'Too few steps to tell whether measures and losses go together.')
      : [html('div', { class: 'lists' }, tables), html('p', { class: 'muted' }, TRENDING)],
  );
}

/** What a correlation of series over training can say. */
const TRENDING =
  'Each cell: ρ, its 95 % interval, and p with, in brackets, what p would be were the steps independent. Grey cannot be told from 0. ' +
  'A loss falls while a network learns, so whatever else changes steadily goes together with it: ρ says that both change over the same ' +
  'steps, not that one comes from the other.';

function changeText({ steps }: TrendsResult, summary: TrendsSeries['measures'][string] | undefined): string {
  const course = summary && courseOf(summary, steps);
  if (!course) return '–';
  const text = courseText(course);
  if (steps.length < 2) return text;
  const counts = summary.images ?? [];
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const of = counts.length > 0 ? `, of ${fewest === most ? most : `${fewest} to ${most}`} images` : '';
  if (course.direction !== 0) return text + of;
  return `${text}, ${course.turn ? 'back again' : 'no change to speak of'}${of}`;
}
