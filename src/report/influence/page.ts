/** The page of an influence result: the decision, who made it, and what would change without them. */
import { formatCount, formatNumber, formatSigned } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import {
  isLoss,
  type InfluenceQuery,
  type InfluenceResult,
  type InfluenceVerification,
} from '../../results/influence.js';
import { className } from '../class-name.js';
import { exampleName, originColumns } from '../example-name.js';
import { html } from '../html.js';
import { dataTable, exampleGrid, factList, howToRead, more, notice, renderPage } from '../page.js';
import { queryHead, queryList, type DecidedInput, type ListedInput } from '../query-head.js';
import type { PicturedEffect } from './figures.js';
import { reliabilitySection } from './reliability.js';
import { correlationText, termsOf } from './terms.js';

/** A query with its pictures. */
export interface InfluenceQueryView {
  readonly query: InfluenceQuery;
  readonly image: EmbeddedImage | undefined;
  readonly examples: readonly PicturedEffect[];
  readonly opponents: readonly PicturedEffect[];
}

/** The page, with one section a query. */
export function influencePage(result: InfluenceResult, queries: readonly InfluenceQueryView[]): string {
  const hidden = result.queries.length - queries.length;
  const { model, data, method, replay, fineTuning } = result;
  const predicts = method.predicts !== false;
  const listed = queries.flatMap((view, i) => listedInput(view, i) ?? []);
  return renderPage({
    title: predicts ? 'What would change without them?' : 'Which examples speak for it?',
    subtitle: `${method.name} of ${model.path}, trained on ${data.spec}`,
    content: [
      replay && replay.drift > 0
        ? notice(
            `The replay is not the recorded training: its weights end ${formatNumber(replay.drift)} of their norm away. ` +
              'What is said is true of the replay.',
          )
        : undefined,
      fineTuning &&
        notice([
          'A fine-tuning of a few epochs gives the metagradient of that fine-tuning, which goes through every layer:',
          fineTuning.map((command) => html('code', {}, command)),
        ]),
      hidden > 0 ? notice(`${formatCount(hidden)} more inputs are in result.json and not shown here.`) : undefined,
      queryList(listed),
      checkedLine(result),
      queries.map((view, i) => querySection(view, i, result)),
      reliabilitySection(result),
      howToRead(termsOf(result)),
    ],
    result,
    remark: 'The plots of this page lie beside it as SVG and PNG.',
  });
}

/** What training again showed of all inputs, where there are several: the sections say it of each. */
function checkedLine(result: InfluenceResult): Content {
  const { verified } = result;
  if (!verified || verified.queries < 2) return undefined;
  const { queries, lowered, pearson } = verified;
  const parts = [
    lowered === undefined ? [] : `the measure is lower for ${formatCount(lowered)} of ${formatCount(queries)} inputs`,
    pearson === undefined ? [] : `predicted and actual changes correlate ${correlationText(verified)}`,
  ].flat();
  if (parts.length === 0) return undefined;
  const text = `Trained again without the strongest of each: ${parts.join('; ')}. `;
  return html(
    'p',
    { class: 'summary' },
    text,
    html('a', { href: '#reliability', class: 'nowrap' }, 'How far to trust this'),
  );
}

function listedInput({ query, image }: InfluenceQueryView, index: number): ListedInput | undefined {
  return isDecision(query) ? { id: `query-${index}`, query, image } : undefined;
}

const isDecision = (query: InfluenceQuery): query is InfluenceQuery & DecidedInput =>
  query.predicted !== undefined && query.topClasses !== undefined;

function querySection(view: InfluenceQueryView, index: number, result: InfluenceResult): Markup {
  const { query, examples, opponents } = view;
  const { classNames, unit, method } = result;
  const predicts = method.predicts !== false;
  const id = `query-${index}`;
  const entry = listedInput(view, index);
  const lede = verdict(query, result);
  const values = predicts ? 'effects' : 'values';
  return html(
    'section',
    { class: 'entry', id, 'aria-labelledby': `${id}-title` },
    entry
      ? queryHead(entry, lede)
      : [html('h2', { id: `${id}-title` }, query.input), html('p', { class: 'lede' }, lede)],
    query.verification && verificationPart(query.verification, query.measure.name),
    html('h3', {}, predicts ? `Without them ${unit} would be lower` : 'They speak for it'),
    effectList(isLoss(query.measure.name) ? 'Those that raise it' : 'Supporters', examples, query, classNames),
    html('h3', {}, predicts ? 'Without them it would be higher' : 'They speak against it'),
    effectList(isLoss(query.measure.name) ? 'Those that lower it' : 'Opponents', opponents, query, classNames, true),
    unshown(query, examples.length, opponents.length),
    html('h3', {}, 'All training examples together'),
    factList([
      [query.measure.name, formatNumber(query.measure.value, 4)],
      ...(query.measure.fitted === undefined
        ? []
        : ([['… under the fitted layer', formatNumber(query.measure.fitted, 4)]] as const)),
      ['of the class', query.target?.label ?? 'each example’s own'],
      [`sum of all ${values}`, formatSigned(query.sum)],
    ]),
    dataTable(
      `Sum of the ${values} of each class’s training examples`,
      [
        { title: 'class of the training examples', value: (row) => className(classNames, row.class) },
        { title: `sum of ${values}`, numeric: true, value: (row) => formatSigned(row.effect) },
      ],
      [...query.classes].sort((a, b) => b.effect - a.effect),
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
  const loss = isLoss(measure.name);
  const named = (effect: typeof up, word: string) =>
    effect &&
    `${word} by example ${formatCount(effect.index)} (${className(classNames, effect.label)}, ${formatSigned(effect.effect)})`;
  const sides = [
    named(up, loss ? 'raised most' : 'supported most'),
    named(down, loss ? 'lowered most' : 'opposed most'),
  ].filter((side) => side !== undefined);
  const checked = verification
    ? ` Trained again without ${strongest(verification.examples, measure.name)}, the ${measure.name} is ${formatNumber(verification.after, 3)} instead of ${formatNumber(verification.before, 3)}.`
    : '';
  return `The ${measure.name} is ${sides.join(', and ')}.${checked}`;
}

/** Those that are left out, in words. */
function strongest(count: number, measure: string): string {
  if (isLoss(measure))
    return count === 1 ? 'the one that raises it most' : `the ${formatCount(count)} that raise it most`;
  return count === 1 ? 'its strongest supporter' : `its ${formatCount(count)} strongest supporters`;
}

function verificationPart(
  { examples, before, after, predicted, actual }: InfluenceVerification,
  measure: string,
): Content {
  return [
    html('h3', {}, `Trained again without ${strongest(examples, measure)}`),
    factList([
      [`${measure} with them`, formatNumber(before, 4)],
      [`${measure} after training without them`, formatNumber(after, 4)],
      predicted === undefined
        ? ['predicted', 'nothing, as values only rank']
        : ['predicted to be lower by', formatNumber(predicted, 4)],
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
      ...originColumns(effects),
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
