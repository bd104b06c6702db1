/** The page of a trace result: the decision first, then what shaped it, layer by layer from input to output. */
import { formatCount, formatNumber, formatPercent, formatSigned, formatSignedPercent } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { LogitParts, TraceLayer, TraceQuery, TraceResult } from '../../results/trace.js';
import { html } from '../html.js';
import { dataTable, factList, howToRead, jumpList, more, notice, plotFigure, renderPage } from '../page.js';
import { queryHead, queryList, type ListedInput } from '../query-head.js';
import { classesOverDepth, classGamma, gammaOverTraining, listTitle, shareOf } from './figures.js';
import { className } from '../class-name.js';
import type { PicturedExample } from './figures.js';
import { batchTable, exampleList } from './lists.js';
import { groupName, leadingGroup, LIST_TITLES, MIXED_BATCHES, mixesClasses, notSpecific, type Split } from './words.js';

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

/** A smaller share is rounding. */
const LEAST_REMAINDER = 0.001;

/** Above this completeness error the updates do not explain the layer, and the page says so. */
const completenessLimit = 0.01;

const terms = [
  [
    'γ',
    "How much of a layer's output a training step accounts for: the weights are the initial ones plus all updates of the " +
      'training, so the output W f is a sum over the steps, and γ is the product of one summand Δ f with the whole, ' +
      '⟨W f, Δ f⟩. Positive supports the output, negative opposes it.',
  ],
  [
    'γ of an example',
    'What it did in all steps. Split exactly (the option “split” says how it was), an update is the sum of what each example of ' +
      'its batch gave to it, also to later ones by momentum. Split in equal parts, each step is shared equally by the examples ' +
      'of its batch: the list then holds examples of the most influential batches, knows the class of an input, and tells ' +
      'single examples of a batch not apart.',
  ],
  [
    'contrast, γ−γ\u0304',
    'γ minus its mean over reference inputs, which the seed drew (the mean of their shares γ / ‖W f‖², times ‖W f‖² of this ' +
      'input): what is left is specific to this input. Examples, steps and classes are ranked by it; the shares are of γ ' +
      'itself, so that they add up.',
  ],
  [
    'share of γ',
    'Σ γ of all steps of a class, relative to ‖W f‖²: the shares of all classes and of the initial weights sum to 100 %, ' +
      'with what weight decay took away, which is no example’s. With the reference “delta”, W − W⁽⁰⁾ stands for W, and the initial weights have no share.',
  ],
  [
    'cosine similarity',
    "Direction of a step's summand Δ f relative to the whole: 1 the same, 0 unrelated, −1 opposite.",
  ],
  [
    'density',
    'How often a cosine similarity occurs among the steps of a class; steps that change the output more weigh more.',
  ],
  [
    'bias share',
    'Part of the output W f + b that the final bias b carries. A bias counts as one more input that is always 1: what the ' +
      'steps did to it is among their γ.',
  ],
  [
    'completeness error',
    "What is missing when the initial weights' part and all traced steps are added up, relative to ‖W f‖; 0 is perfect.",
  ],
  ['codec error', 'The error that the compression of the log itself reports, in the same unit.'],
] as const;

/** The page, with one section a query. */
export function tracePage(result: TraceResult, views: readonly QueryView[]): string {
  const hidden = result.queries.length - views.length;
  return renderPage({
    title: 'Why did it learn that?',
    subtitle: `trace of ${result.model.path}, trained on ${result.data.spec}`,
    content: [
      queryList(views.map(listed)),
      hidden > 0 ? notice(`${formatCount(hidden)} more inputs are in result.json and not shown here.`) : undefined,
      views.map((view, i) => querySection(view, i, result)),
      howToRead(terms),
    ],
    result,
    remark: 'The plots of this page lie beside it as SVG and PNG, in a folder for each input and layer.',
  });
}

const listed = ({ query, image }: QueryView, index: number): ListedInput => ({ id: `query-${index}`, query, image });

function querySection(view: QueryView, index: number, { classNames, split = 'batch' }: TraceResult): Markup {
  const { query, layers } = view;
  const entry = listed(view, index);
  const { id } = entry;
  const section = (...content: Content[]) =>
    html('section', { class: 'entry', id, 'aria-labelledby': `${id}-title` }, ...content);
  if (query.undecided !== undefined) return section(queryHead(entry, `${capital(query.undecided)}.`));
  const logits = layers.find(({ layer }) => layer.logits)?.layer.logits;
  return section(
    queryHead(entry, verdict(query, split)),
    html('h3', {}, 'From input to output'),
    html(
      'div',
      { class: 'pair' },
      plotFigure(
        classesOverDepth(query),
        `Each row is a layer, the input side at the top: how much of its output the training ${split === 'exact' ? 'examples' : 'steps'} ` +
          'of each class account for. What is missing to 100 % comes from the initial weights and from classes not shown.',
      ),
      logits && logitTable(query, logits, classNames),
    ),
    jumpList(
      'Layers',
      layers.map(({ layer }, i) => ({ id: `${id}-layer-${i}`, name: layer.layer })),
    ),
    html('h3', {}, 'Layer by layer'),
    layers.map((view, i) => layerArticle(view, `${id}-layer-${i}`, i, query, classNames, split)),
  );
}

/** A remark as the beginning of a sentence. */
function capital(remark: string): string {
  return `${remark.charAt(0).toUpperCase()}${remark.slice(1)}`;
}

/** The point of the whole page in a sentence, after the paper's Figure 1. */
function verdict(query: TraceQuery, split: Split): string {
  const { predicted, layers } = query;
  if (mixesClasses(query)) return MIXED_BATCHES;
  const led = layers.filter((layer) => leadingGroup(layer)?.class === predicted.class);
  const name = `${split === 'batch' ? 'Batches' : 'Training examples'} of ${predicted.label}`;
  if (layers.length === 0) return 'No layer was traced.';
  const contrasts = layers.some((layer) => leadingGroup(layer)?.contrast !== undefined);
  const leads = contrasts ? 'stand out most from what the average input sees' : 'had the highest influence';
  if (led.length === 0) return `${name} lead in no traced layer: look at the classes below.`;
  const last = layers.at(-1)!;
  const share = shareOf(last, classGamma(last, predicted.class));
  const where =
    led.length === layers.length
      ? 'every traced layer'
      : led.length === 1
        ? `layer ${led[0]!.layer}`
        : `${led.length} of ${layers.length} layers`;
  // What one class gives, others may take away.
  const more = share > 1 ? ', of which others took some away again' : '';
  return `${name} ${leads} in ${where}; they account for ${formatPercent(share)} of the output of ${last.layer}${more}.`;
}

function logitTable(query: TraceQuery, logits: readonly LogitParts[], classNames: readonly string[]): Markup {
  const rows = query.topClasses.flatMap(({ class: index }) => logits.filter((parts) => parts.class === index));
  return dataTable(
    'How the logits come about: training + initial weights + bias',
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
      { title: 'initial', numeric: true, value: (row) => formatSigned(row.initial) },
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
  split: Split,
): Markup {
  const titles = LIST_TITLES[split];
  const remark = notSpecific(layer);
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
        { class: 'lists' },
        remark === undefined
          ? [
              exampleList(listTitle(titles.supporting, examples, layer.examples), examples, query, classNames),
              opponents.length > 0
                ? exampleList(
                    listTitle(titles.opposing, opponents, layer.opponents),
                    opponents,
                    query,
                    classNames,
                    true,
                  )
                : undefined,
            ]
          : notice(`Not shown as evidence: ${remark}. The list is in result.json.`),
      ),
      ridges === undefined
        ? undefined
        : plotFigure(
            ridges,
            // Said once is enough.
            position > 0
              ? undefined
              : "How the weight updates of each class's steps point, seen from this input: to the right of 0 they support " +
                  'the output of the layer, to the left they oppose it.',
          ),
    ),
    factList([
      [layer.reference === 'full' ? '‖W f‖' : '‖(W − W⁽⁰⁾) f‖', formatNumber(layer.norm)],
      ...(layer.initial
        ? ([['initial weights', formatSignedPercent(shareOf(layer, layer.initial.gamma))]] as const)
        : []),
      ['bias share', formatSignedPercent(layer.biasShare)],
      ...leadFact(layer, classNames),
      ...overlapFact(layer),
      ...remainderFact(layer),
      ['completeness error', formatNumber(layer.completenessError)],
      ['codec error', formatNumber(layer.codecError)],
    ]),
    layer.batches.length > 0 ? more('Most influential steps', batchTable(layer.batches, classNames)) : undefined,
    training === undefined ? undefined : more('When it was learned', plotFigure(training)),
  );
}

/** Which class stands out most in a layer, and how far. */
function leadFact(layer: TraceLayer, classNames: readonly string[]): (readonly [string, string])[] {
  const lead = leadingGroup(layer);
  if (lead?.contrast === undefined) return [];
  return [['stands out most', `${groupName(lead, classNames)} ${formatSignedPercent(shareOf(layer, lead.contrast))}`]];
}

/** What the updates did that is no example's, where it is worth a word. */
function remainderFact(layer: TraceLayer): (readonly [string, string])[] {
  const share = shareOf(layer, layer.remainder ?? 0);
  return Math.abs(share) < LEAST_REMAINDER ? [] : [['from no example (weight decay)', formatSignedPercent(share)]];
}

/** How much the lists of the layer have in common. */
function overlapFact({ listOverlap }: TraceLayer): (readonly [string, string])[] {
  if (!listOverlap) return [];
  return [['shared by the lists of two inputs', `${listOverlap.shared.toFixed(1)} of ${listOverlap.of}`]];
}
