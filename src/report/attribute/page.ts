/** The page of an attribute result: the decision, then every method side by side, then what is behind each. */
import { formatCount, formatNumber, formatPercent, formatSigned } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { AttributeFeature, AttributeQuery, AttributeResult, Layered, LedgerRow } from '../../results/attribute.js';
import { methodTitle, shareText } from './figures.js';
import { html } from '../html.js';
import { dataTable, factList, howToRead, jumpList, more, notice, plotFigure, renderPage } from '../page.js';
import { queryHead, queryList, sentence, type ListedInput } from '../query-head.js';

/** One method of an input, drawn. */
export interface MethodView {
  readonly query: AttributeQuery;
  /** Undefined where the input is no image; its strongest features are listed then. */
  readonly figure: string | undefined;
  readonly features: readonly AttributeFeature[];
  /** MIM: the grids of Fig. 2, for all units and by the sign of φ, and the ranking. */
  readonly layers: readonly string[];
  readonly ranking: string | undefined;
}

/** One input with all that explains it. */
export interface InputView {
  readonly image: EmbeddedImage | undefined;
  readonly methods: readonly MethodView[];
}

/** Ledger rows that are shown at once. */
const LEAKS = 12;

/** Share of the score above which what biases absorbed is worth a hint. */
const MUCH = 0.1;

/** Above this, an LRP map or integrated gradients do not add up, and the page says so. */
const CONSERVATION_LIMIT = 0.01;

const terms = [
  [
    'map',
    'One value for each element of the input; here the channels of a pixel are added up. Warm speaks for the target, blue ' +
      'against it. Full colour begins at the limit, which all but the strongest 0.5 % of the pixels are within.',
  ],
  ['score', "The model's output for the target before a softmax or sigmoid; what is explained."],
  [
    'conservation error',
    'How far the sum of the map is from what it should be, relative to it: the score for LRP and input × gradient, the ' +
      'difference of the scores at input and baseline for integrated gradients. The other methods promise no sum.',
  ],
  [
    'ledger',
    'What relevance arrived at each node and what it handed on. The difference is absorbed: by the bias, or by the ' +
      'stabiliser that keeps denominators from zero. The score minus all that was absorbed is the sum of the map.',
  ],
  [
    'φ',
    'The influence of a unit by the monotone influence measure: positive where an increase leads towards examples with the ' +
      'label of the target, negative where it leads away.',
  ],
] as const;

/** The page, with one section an input. */
export function attributePage(result: AttributeResult, views: readonly InputView[], hidden: number): string {
  const methods = new Set(result.queries.map(({ method }) => method)).size;
  return renderPage({
    title: 'What was it looking at?',
    subtitle: `attribution of ${result.model.path} by ${methods === 1 ? 'one method' : `${methods} methods`}`,
    content: [
      hidden > 0 ? notice(`${formatCount(hidden)} more inputs are in result.json and not shown here.`) : undefined,
      queryList(views.map(listed)),
      views.map((view, i) => inputSection(view, i)),
      howToRead(terms),
    ],
    result,
    remark: 'The maps lie beside this page as NumPy arrays (.npy), and over the input as SVG and PNG.',
  });
}

const listed = ({ image, methods }: InputView, index: number): ListedInput => ({
  id: `input-${index}`,
  query: methods[0]!.query,
  image,
});

function inputSection(view: InputView, index: number): Markup {
  const { methods } = view;
  const { target, output, undecided } = methods[0]!.query;
  const entry = listed(view, index);
  const { id } = entry;
  if (undecided !== undefined) {
    return html(
      'section',
      { class: 'entry', id, 'aria-labelledby': `${id}-title` },
      queryHead(entry, sentence(undecided)),
    );
  }
  return html(
    'section',
    { class: 'entry', id, 'aria-labelledby': `${id}-title` },
    queryHead(
      entry,
      `Explained: the score of ${target.label}, ${formatNumber(output)}. Warm parts of a map speak for it, blue parts against it.`,
    ),
    methods.length > 1
      ? jumpList(
          'Methods',
          methods.map(({ query }, i) => ({ id: `${id}-method-${i}`, name: methodTitle(query) })),
        )
      : undefined,
    html('h3', {}, methods.length > 1 ? 'Side by side' : 'The map'),
    html(
      'div',
      { class: 'maps' },
      methods.map((view, i) => methodPart(view, `${id}-method-${i}`)),
    ),
    methods.map((view) => details(view)),
  );
}

function methodPart({ query, figure, features }: MethodView, id: string): Markup {
  const { conservationError, sum, steps } = query;
  return html(
    'figure',
    { id },
    figure === undefined
      ? dataTable(
          methodTitle(query),
          [
            ...(features.some(({ name }) => name !== undefined)
              ? [{ title: 'feature', value: ({ name, feature }: AttributeFeature) => name ?? formatCount(feature) }]
              : [{ title: 'element', numeric: true, value: ({ feature }: AttributeFeature) => formatCount(feature) }]),
            ...(query.features
              ? [{ title: 'input', numeric: true, value: ({ value }: AttributeFeature) => formatNumber(value) }]
              : []),
            { title: 'relevance', numeric: true, value: ({ relevance }) => formatSigned(relevance) },
          ],
          features,
        )
      : plotFigure(figure),
    factList([
      ['sum', formatSigned(sum)],
      ...(conservationError === null
        ? []
        : ([['conservation error', formatPercent(Math.min(1, conservationError))]] as const)),
      ...(steps === undefined ? [] : ([['gradients computed', formatCount(steps)]] as const)),
    ]),
    conservationError !== null && conservationError > CONSERVATION_LIMIT && query.ledger === undefined
      ? html('figcaption', {}, remarkOn(query))
      : undefined,
  );
}

function remarkOn({ method }: AttributeQuery): string {
  return method === 'integrated-gradients'
    ? 'The quadrature misses a part; more steps or a smaller tolerance bring the sum nearer.'
    : 'Biases and activations other than ReLU keep this product from adding up.';
}

function details({ query, layers, ranking }: MethodView): Content {
  const { ledger, layered } = query;
  return [
    ledger ? [html('h3', {}, `Where relevance went: ${methodTitle(query)}`), ledgerPart(query, ledger)] : undefined,
    layered ? [html('h3', {}, 'Layer by layer'), layeredPart(layered, layers, ranking)] : undefined,
  ];
}

function ledgerPart({ output, sum }: AttributeQuery, ledger: readonly LedgerRow[]): Content {
  const absorbed = (row: LedgerRow) => row.in - row.out;
  const strongest = ledger.filter((row) => absorbed(row) !== 0);
  strongest.sort((a, b) => Math.abs(absorbed(b)) - Math.abs(absorbed(a)));
  const total = ledger.reduce((all, row) => all + absorbed(row), 0);
  const ofBiases = ledger.reduce((all, row) => all + row.bias, 0);
  const columns = [
    { title: 'node', value: (row: LedgerRow) => row.node },
    { title: 'operator', value: (row: LedgerRow) => row.op },
    { title: 'rule', value: (row: LedgerRow) => row.rule },
    { title: 'in', numeric: true, value: (row: LedgerRow) => formatNumber(row.in) },
    { title: 'out', numeric: true, value: (row: LedgerRow) => formatNumber(row.out) },
    { title: 'absorbed by bias', numeric: true, value: (row: LedgerRow) => formatNumber(row.bias) },
    { title: 'otherwise', numeric: true, value: (row: LedgerRow) => formatNumber(absorbed(row) - row.bias) },
  ];
  return [
    html(
      'p',
      {},
      `Of the score ${formatNumber(output)}, ${formatNumber(total)} was absorbed on the way, ` +
        `${formatNumber(ofBiases)} of it by biases; ${formatNumber(sum)} arrived at the input.`,
      Math.abs(ofBiases) > MUCH * Math.abs(output) ? ' With biases ignored, they absorb nothing.' : undefined,
    ),
    strongest.length > 0
      ? dataTable('Nodes that absorbed most', columns, strongest.slice(0, LEAKS))
      : html('p', {}, 'No node absorbed anything.'),
    more('All nodes, from the output to the input', dataTable('Conservation ledger', columns, ledger)),
  ];
}

function layeredPart(layered: Layered, grids: readonly string[], ranking: string | undefined): Content {
  const { reason, agreement, shares, compared, kernel } = layered;
  const [all, ...signed] = grids;
  const agreements = shares.map((share, i) => `${formatNumber(agreement.shares[i]!)} for the top ${shareText(share)}`);
  return [
    html(
      'p',
      {},
      `The influence of every unit was measured against ${formatCount(compared)} examples and their predicted labels ` +
        `(kernel ${kernel}); the most influential ones were brought back to the input. Layer ${reason}.`,
    ),
    html(
      'p',
      {},
      `Pictures of different layers agree with a mean cosine of ${agreements.join(', ')}, ` +
        `against ${formatNumber(agreement.max)} for the single largest activation (Max).`,
    ),
    all === undefined
      ? undefined
      : plotFigure(
          all,
          'A row per layer, the input side at the top; columns: the input, Max, and growing shares of units.',
        ),
    signed.length > 0
      ? more(
          'Units that speak for and against the target, apart',
          signed.map((grid) => plotFigure(grid)),
        )
      : undefined,
    ranking === undefined ? undefined : more('Which layer explains most', plotFigure(ranking), rankingTable(layered)),
  ];
}

function rankingTable({ ranking, layer: taken }: Layered): Markup {
  return dataTable(
    'Layers from input to output',
    [
      {
        title: 'layer',
        value: ({ layer }) => html('span', { class: layer === taken ? 'first' : undefined }, layer),
      },
      { title: 'operator', value: ({ op }) => op },
      { title: 'units', numeric: true, value: ({ units }) => formatCount(units) },
      { title: 'probe fidelity', numeric: true, value: ({ fidelity }) => formatNumber(fidelity) },
      { title: 'place', numeric: true, value: ({ fidelityRank }) => formatCount(fidelityRank) },
      { title: 'spread of |φ|', numeric: true, value: ({ spread }) => formatNumber(spread) },
      { title: 'place', numeric: true, value: ({ spreadRank }) => formatCount(spreadRank) },
    ],
    ranking,
  );
}
