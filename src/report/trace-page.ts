/** The page of a trace result: the decision first, then what shaped it, layer by layer from input to output. */
import { formatCount, formatNumber, formatPercent, formatSigned, formatSignedPercent } from '../plot/format.js';
import type { Content, Markup } from '../plot/markup.js';
import type { EmbeddedImage } from '../plot/pixel-image.js';
import type { LogitParts, TraceBatch, TraceLayer, TraceQuery, TraceResult } from '../results/trace.js';
import { html } from './html.js';
import {
  dataTable,
  exampleGrid,
  factList,
  jumpList,
  more,
  notice,
  picture,
  plotFigure,
  probabilityBars,
  renderPage,
} from './page.js';
import { className, classesOverDepth, classGamma, gammaOverTraining, shareOf } from './trace-figures.js';
import type { PicturedExample } from './trace-figures.js';

/** A layer with its pictures and its ridge plot. */
export interface LayerView {
  readonly layer: TraceLayer;
  readonly examples: readonly PicturedExample[];
  readonly opponents: readonly PicturedExample[];
  readonly ridges: string | undefined;
}

/** A query with its pictures. */
export interface QueryView {
  readonly query: TraceQuery;
  readonly image: EmbeddedImage | undefined;
  readonly layers: readonly LayerView[];
}

/** Above this completeness error the updates do not explain the layer, and the page says so. */
const completenessLimit = 0.01;

/** The page, with one section a query. */
export function tracePage(result: TraceResult, views: readonly QueryView[], remark: string): string {
  const hidden = result.queries.length - views.length;
  return renderPage({
    title: 'Why did it learn that?',
    subtitle: `trace of ${result.model.path}, trained on ${result.data.spec}`,
    content: [
      views.length > 1 ? queryList(views) : undefined,
      hidden > 0 ? notice(`${formatCount(hidden)} more inputs are in result.json and not shown here.`) : undefined,
      views.map((view, i) => querySection(view, i, result.classNames)),
    ],
    result,
    remark,
  });
}

function queryList(views: readonly QueryView[]): Markup {
  return html(
    'nav',
    { 'aria-label': 'explained inputs' },
    html(
      'ol',
      { class: 'picks' },
      views.map(({ query, image }, i) =>
        html(
          'li',
          {},
          html(
            'a',
            { href: `#query-${i}` },
            image && picture(image, '', 44),
            html(
              'span',
              {},
              html('strong', {}, query.predicted.label),
              `, ${formatPercent(query.predicted.probability)}`,
              html('br'),
              html('span', { class: 'muted small' }, query.input),
            ),
          ),
        ),
      ),
    ),
  );
}

function querySection({ query, image, layers }: QueryView, index: number, classNames: readonly string[]): Markup {
  const { predicted, truth, input } = query;
  const id = `query-${index}`;
  const logits = layers.find(({ layer }) => layer.logits)?.layer.logits;
  return html(
    'section',
    { class: 'entry', id, 'aria-labelledby': `${id}-title` },
    html(
      'div',
      { class: 'hero' },
      image && picture(image, `the input, ${input}`, 196),
      html(
        'div',
        {},
        html(
          'h2',
          { id: `${id}-title` },
          html('span', { class: 'accent' }, predicted.label),
          `, ${formatPercent(predicted.probability)}`,
        ),
        html('p', { class: 'muted' }, input, truth && truthRemark(query)),
        html('p', { class: 'lede' }, verdict(query)),
        probabilityBars(query.topClasses.slice(0, 4)),
      ),
    ),
    html('h3', {}, 'From input to output'),
    html(
      'div',
      { class: 'pair' },
      plotFigure(
        classesOverDepth(query),
        'Each row is a layer, the input side at the top: how much of its output the training steps of each class account ' +
          'for. What is missing to 100 % comes from the initial weights and from classes not shown.',
      ),
      logits && logitTable(query, logits, classNames),
    ),
    jumpList(
      'Layers',
      layers.map(({ layer }, i) => ({ id: `${id}-layer-${i}`, name: layer.layer })),
    ),
    html('h3', {}, 'Layer by layer'),
    layers.map((view, i) => layerArticle(view, `${id}-layer-${i}`, i, query, classNames)),
  );
}

function truthRemark({ truth, predicted }: TraceQuery): Content {
  if (truth?.class === predicted.class) return ' · the true class';
  return [' · ', html('strong', { class: 'opposing' }, `wrong: the true class is ${truth?.label ?? 'unknown'}`)];
}

/** The point of the whole page in a sentence, after the paper's Figure 1. */
function verdict({ predicted, layers }: TraceQuery): string {
  const led = layers.filter((layer) => strongestClass(layer) === predicted.class);
  const name = predicted.label;
  if (layers.length === 0) return 'No layer was traced.';
  if (led.length === 0)
    return `No traced layer was shaped most by training examples of ${name}: look at the classes below.`;
  const last = layers.at(-1)!;
  const share = formatSignedPercent(shareOf(last, classGamma(last, predicted.class)));
  const where =
    led.length === layers.length
      ? 'every traced layer'
      : led.length === 1
        ? `layer ${led[0]!.layer}`
        : `${led.length} of ${layers.length} layers`;
  return (
    `Training examples of ${name} had the highest influence on ${where}; ` +
    `they account for ${share} of the output of ${last.layer}.`
  );
}

function strongestClass(layer: TraceLayer): number | undefined {
  return [...layer.classes].sort((a, b) => b.gamma - a.gamma)[0]?.class;
}

function logitTable(query: TraceQuery, logits: readonly LogitParts[], classNames: readonly string[]): Markup {
  const rows = query.topClasses.flatMap(({ class: index }) => logits.filter((parts) => parts.class === index));
  return dataTable(
    'How the logits come about: each is the sum of the three parts at its right',
    [
      {
        title: 'class',
        value: (row) =>
          html(
            'span',
            { class: row.class === query.predicted.class ? 'first' : undefined },
            className(classNames, row.class),
          ),
      },
      { title: 'logit', numeric: true, value: (row) => html('strong', {}, formatNumber(row.logit)) },
      { title: 'training', numeric: true, value: (row) => formatSigned(row.training) },
      { title: 'initial weights', numeric: true, value: (row) => formatSigned(row.initial) },
      { title: 'bias', numeric: true, value: (row) => formatSigned(row.bias) },
    ],
    rows,
  );
}

function layerArticle(
  { layer, examples, opponents, ridges }: LayerView,
  id: string,
  position: number,
  query: TraceQuery,
  classNames: readonly string[],
): Markup {
  const training = gammaOverTraining(query, layer);
  return html(
    'article',
    { class: 'part', id, 'aria-labelledby': `${id}-title` },
    html(
      'div',
      { class: 'part-title' },
      html('h4', { id: `${id}-title` }, layer.layer),
      html('span', { class: 'muted small' }, `layer ${position + 1} of ${query.layers.length} · ${layer.weight}`),
    ),
    layer.completenessError > completenessLimit
      ? notice(
          `The traced updates miss ${formatPercent(Math.min(1, layer.completenessError))} of this layer's output: ` +
            'steps are not in the log, or its codec lost too much. Read what follows with care.',
        )
      : undefined,
    html(
      'div',
      { class: 'pair' },
      html(
        'div',
        {},
        exampleList('Most influential training examples', examples, query, classNames),
        opponents.length > 0
          ? exampleList('Opposing training examples', opponents, query, classNames, true)
          : undefined,
      ),
      ridges === undefined
        ? undefined
        : plotFigure(
            ridges,
            "How the weight updates of each class's steps point, seen from this input: to the right of 0 they support " +
              'the output of the layer, to the left they oppose it.',
          ),
    ),
    factList([
      [layer.reference === 'full' ? '‖W f‖' : '‖(W − W⁽⁰⁾) f‖', formatNumber(layer.norm)],
      ...(layer.initial
        ? ([['initial weights', formatSignedPercent(shareOf(layer, layer.initial.gamma))]] as const)
        : []),
      ['bias share', formatSignedPercent(layer.biasShare)],
      ['completeness error', formatNumber(layer.completenessError)],
      ['codec error', formatNumber(layer.codecError)],
    ]),
    layer.batches.length > 0 ? more('Most influential steps', batchTable(layer.batches, classNames)) : undefined,
    training === undefined ? undefined : more('When it was learned', plotFigure(training)),
  );
}

function exampleList(
  title: string,
  examples: readonly PicturedExample[],
  query: TraceQuery,
  classNames: readonly string[],
  opposing = false,
): Content {
  if (!examples.some(({ image }) => image)) {
    return dataTable(
      title,
      [
        { title: 'example', numeric: true, value: ({ index }) => formatCount(index) },
        {
          title: 'class',
          value: ({ label }) =>
            html(
              'span',
              { class: label === query.predicted.class ? 'accent' : undefined },
              className(classNames, label),
            ),
        },
        { title: 'γ', numeric: true, value: ({ gamma }) => formatNumber(gamma) },
        { title: 'steps', numeric: true, value: ({ steps }) => formatCount(steps) },
      ],
      examples,
    );
  }
  return [
    html('h4', {}, title),
    exampleGrid(
      examples.map(({ image, index, label, gamma }) => ({
        image,
        alt: `training image ${index}`,
        caption: className(classNames, label),
        detail: `γ ${formatNumber(gamma)}`,
        highlighted: label === query.predicted.class,
      })),
      opposing,
    ),
  ];
}

function batchTable(batches: readonly TraceBatch[], classNames: readonly string[]): Markup {
  return dataTable(
    'Single training steps with the largest γ',
    [
      { title: 'step', numeric: true, value: ({ step }) => formatCount(step) },
      { title: 'class', value: ({ label }) => (label === null ? 'several' : className(classNames, label)) },
      { title: 'γ', numeric: true, value: ({ gamma }) => formatNumber(gamma) },
      { title: 'cosine', numeric: true, value: ({ cosine }) => formatNumber(cosine) },
    ],
    batches,
  );
}
