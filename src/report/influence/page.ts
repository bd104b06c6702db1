/** The page of an influence result: the decision, who made it, and what would change without them. */
import { formatCount, formatNumber, formatPercent, formatSigned } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { InfluenceQuery, InfluenceResult, InfluenceVerification } from '../../results/influence.js';
import { className } from '../class-name.js';
import { exampleName, fileColumn } from '../example-name.js';
import { html } from '../html.js';
import { dataTable, exampleGrid, factList, howToRead, more, notice, plotFigure, renderPage } from '../page.js';
import { queryHead, queryList, type DecidedInput, type ListedInput } from '../query-head.js';
import { verificationPlot, type PicturedEffect } from './figures.js';

/** A query with its pictures. */
export interface InfluenceQueryView {
  readonly query: InfluenceQuery;
  readonly image: EmbeddedImage | undefined;
  readonly examples: readonly PicturedEffect[];
  readonly opponents: readonly PicturedEffect[];
}

const terms = [
  [
    'effect',
    'How much lower the measure would be, had the example weighed 0 in training instead of what it weighed, with the same ' +
      'batches in the same order. Positive effects support.',
  ],
  [
    'margin',
    'The log-odds of the class: its score minus the logarithm of the sum of the exponentials of all others. A change of 1 ' +
      'multiplies the odds by 2.7.',
  ],
  [
    'to first order',
    'Effects are derivatives. Those of single examples add up; what leaving out many of them does can bend away from the ' +
      'sum, which training again without them (--verify) shows.',
  ],
] as const;

/** The page, with one section a query. */
export function influencePage(result: InfluenceResult, queries: readonly InfluenceQueryView[]): string {
  const hidden = result.queries.length - queries.length;
  const { model, data, method, replay } = result;
  const listed = queries.flatMap((view, i) => listedInput(view, i) ?? []);
  return renderPage({
    title: 'What would change without them?',
    subtitle: `${method.name} of ${model.path}, trained on ${data.spec}`,
    content: [
      replay && replay.drift > 0
        ? notice(
            `The replay is not the recorded training: its weights end ${formatNumber(replay.drift)} of their norm away. ` +
              'What is said is true of the replay.',
          )
        : undefined,
      hidden > 0 ? notice(`${formatCount(hidden)} more inputs are in result.json and not shown here.`) : undefined,
      queryList(listed),
      queries.map((view, i) => querySection(view, i, result)),
      reliabilitySection(result),
      howToRead(terms),
    ],
    result,
    remark: 'The plots of this page lie beside it as SVG and PNG.',
  });
}

function listedInput({ query, image }: InfluenceQueryView, index: number): ListedInput | undefined {
  return isDecision(query) ? { id: `query-${index}`, query, image } : undefined;
}

const isDecision = (query: InfluenceQuery): query is InfluenceQuery & DecidedInput =>
  query.predicted !== undefined && query.topClasses !== undefined;

function querySection(view: InfluenceQueryView, index: number, result: InfluenceResult): Markup {
  const { query, examples, opponents } = view;
  const { classNames, unit } = result;
  const id = `query-${index}`;
  const entry = listedInput(view, index);
  const lede = verdict(query, result);
  return html(
    'section',
    { class: 'entry', id, 'aria-labelledby': `${id}-title` },
    entry
      ? queryHead(entry, lede)
      : [html('h2', { id: `${id}-title` }, query.input), html('p', { class: 'lede' }, lede)],
    query.verification && verificationPart(query.verification, query.measure.name),
    html('h3', {}, `Without them ${unit} would be lower`),
    effectList('Supporters', examples, query, classNames),
    html('h3', {}, 'Without them it would be higher'),
    effectList('Opponents', opponents, query, classNames, true),
    unshown(query, examples.length, opponents.length),
    html('h3', {}, 'By class'),
    html(
      'div',
      { class: 'pair' },
      dataTable(
        'Sum of the effects of each class’s training examples',
        [
          { title: 'class of the training examples', value: (row) => className(classNames, row.class) },
          { title: 'sum of effects', numeric: true, value: (row) => formatSigned(row.effect) },
        ],
        [...query.classes].sort((a, b) => b.effect - a.effect),
      ),
      factList([
        [query.measure.name, formatNumber(query.measure.value, 4)],
        ['of the class', query.target?.label ?? 'each example’s own'],
        ['sum of all effects', formatSigned(query.sum)],
      ]),
    ),
  );
}

/** The point of a section in a sentence. */
function verdict(
  { examples, opponents, verification, measure }: InfluenceQuery,
  { classNames }: InfluenceResult,
): string {
  const [up] = examples;
  const [down] = opponents;
  if (!up && !down) return 'No training example has any effect.';
  const named = (effect: typeof up, word: string) =>
    effect &&
    `${word} by example ${formatCount(effect.index)} (${className(classNames, effect.label)}, ${formatSigned(effect.effect)})`;
  const sides = [named(up, 'supported most'), named(down, 'opposed most')].filter((side) => side !== undefined);
  const checked = verification
    ? ` Trained again without its ${formatCount(verification.examples)} strongest supporters, the ${measure.name} is ${formatNumber(verification.after, 3)} instead of ${formatNumber(verification.before, 3)}.`
    : '';
  return `The ${measure.name} is ${sides.join(', and ')}.${checked}`;
}

function verificationPart(
  { examples, before, after, predicted, actual }: InfluenceVerification,
  measure: string,
): Content {
  return [
    html('h3', {}, `Trained again without the ${formatCount(examples)} strongest supporters`),
    factList([
      [`${measure} with them`, formatNumber(before, 4)],
      [`${measure} after training without them`, formatNumber(after, 4)],
      ['predicted to be lower by', formatNumber(predicted, 4)],
      ['is lower by', formatNumber(actual, 4)],
    ]),
  ];
}

function effectList(
  title: string,
  effects: readonly PicturedEffect[],
  { target }: InfluenceQuery,
  classNames: readonly string[],
  opposing = false,
): Content {
  if (effects.length === 0) return html('p', { class: 'muted' }, 'There are none.');
  const numbers = dataTable(
    title,
    [
      { title: 'example', numeric: true, value: ({ index }) => formatCount(index) },
      ...fileColumn(effects),
      { title: 'class', value: ({ label }) => className(classNames, label) },
      { title: 'effect', numeric: true, value: ({ effect }) => formatSigned(effect) },
      { title: 'used in steps', numeric: true, value: ({ steps }) => (steps ? formatCount(steps.length) : undefined) },
    ],
    effects,
  );
  if (!effects.some(({ image }) => image)) return numbers;
  const pictures = exampleGrid(
    effects.map(({ image, label, effect, ...example }) => ({
      image,
      alt: exampleName(example),
      caption: className(classNames, label),
      detail: formatSigned(effect),
      highlighted: label === target?.class,
    })),
    opposing,
  );
  return [pictures, more('Numbers', numbers)];
}

function unshown({ examples, opponents }: InfluenceQuery, ups: number, downs: number): Content {
  const rest = examples.length - ups + opponents.length - downs;
  if (rest === 0) return undefined;
  return html(
    'p',
    { class: 'muted' },
    `${formatCount(rest)} more training examples are in result.json and not shown here.`,
  );
}

function reliabilitySection(result: InfluenceResult): Markup {
  const { verified, method, replay, seconds, trainingExamples } = result;
  const plot = verificationPlot(result);
  return html(
    'section',
    { class: 'entry', id: 'reliability', 'aria-labelledby': 'reliability-title' },
    html('h3', { id: 'reliability-title' }, 'How far to trust this'),
    html('p', {}, `${method.name}: ${method.says}.`),
    plot === undefined ? undefined : plotFigure(plot),
    factList([
      [
        'checked by training again',
        verified
          ? `for ${formatCount(verified.queries)} ${verified.queries === 1 ? 'input' : 'inputs'}`
          : 'no: --verify does',
      ],
      ...(verified?.pearson === undefined
        ? []
        : ([['correlation of predicted and actual changes', formatNumber(verified.pearson, 3)]] as const)),
      ...(replay
        ? ([
            ['steps replayed', formatCount(replay.steps)],
            ['replayed to the bit', replay.drift === 0 ? 'yes' : `no: ${formatPercent(replay.drift)} away`],
          ] as const)
        : []),
      ['training examples', formatCount(trainingExamples)],
      ['time', `${formatNumber(seconds)} s`],
    ]),
  );
}
