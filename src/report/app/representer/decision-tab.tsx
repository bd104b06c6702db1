/** A decision as a sum over training points. */
import type { VNode } from 'preact';
import { formatNumber, formatPercent, formatSigned } from '../../../plot/format.js';
import type {
  RepresenterInfluence,
  RepresenterQuery,
  RepresenterResult,
  RepresenterResultPoint,
} from '../../../results/representer.js';
import { magnitudePlot } from '../../representer/plots.js';
import { usePage } from '../context.js';
import { DecisionHead } from '../decision/head.js';
import { useOpenInput } from '../inputs/open.js';
import { MapView } from '../maps/map-view.js';
import { useMaps } from '../maps/use-maps.js';
import { Facts, Fold, Plot, timeFact } from '../parts/basics.js';
import { ExampleList } from '../parts/example-list.js';
import { Picture } from '../parts/picture.js';
import { className } from '../parts/text.js';
import { largestParts, Waterfall } from '../parts/waterfall.js';
import type { Part } from '../payload.js';
import { agreementSentence, says } from './says.js';
import { trustIn } from './trust.js';

/** Points on either side; on paper fewer. */
const SHOWN = 100;
const ON_PAPER = 10;
const CLASSES = 8;

/** The tab. */
export function RepresenterTab({ part }: { readonly part: Part }): VNode {
  const place = useOpenInput();
  const { isPaper } = usePage();
  const result = part.result as RepresenterResult;
  const query = result.queries[place];
  if (!query) return <p>No input was asked about.</p>;
  const { classNames } = result;
  const { target, undecided, influence } = query;
  const head = (
    <DecisionHead place={place} decision={query} says={says(query, result)} trust={trustIn(result, query)} />
  );
  if (undecided !== undefined) return <article>{head}</article>;
  return (
    <article key={place}>
      {head}
      <Points title={`They raise the score of ${target.label}`} points={query.excitatory} target={target.class} />
      <Points title="They lower it" points={query.inhibitory} target={target.class} opposing />
      <Waterfall
        title={`The score of ${target.label} as a sum over the training points of each class`}
        unit="units of the score before the softmax"
        parts={largestParts(
          query.classes.map(({ class: index, value }) => ({ name: className(classNames, index), value })),
          CLASSES,
        )}
        total={{ name: 'sum', value: query.reconstructed }}
      />
      {influence && <Influence influence={influence} target={target.class} isPaper={isPaper} />}
      {!isPaper && (
        <>
          <Sensitivity query={query} place={place} classNames={classNames} />
          <Fold title="Figures">
            <Facts facts={factsOf(query)} />
          </Fold>
        </>
      )}
    </article>
  );
}

function Points({
  title,
  points,
  target,
  opposing = false,
}: {
  readonly title: string;
  readonly points: readonly RepresenterResultPoint[];
  readonly target: number;
  readonly opposing?: boolean;
}): VNode {
  const { isPaper } = usePage();
  return (
    <ExampleList
      title={title}
      examples={points.slice(0, isPaper ? ON_PAPER : SHOWN)}
      all={points.length}
      unit="value"
      highlighted={target}
      opposing={opposing}
      columns={[
        { title: 'α', numeric: true, order: ({ alpha }) => alpha, value: ({ alpha }) => formatSigned(alpha) },
        {
          title: 'similarity',
          numeric: true,
          order: ({ similarity }) => similarity,
          value: ({ similarity }) => formatNumber(similarity),
        },
      ]}
    />
  );
}

/** What influence functions say of the same input. */
function Influence({
  influence,
  target,
  isPaper,
}: {
  readonly influence: RepresenterInfluence;
  readonly target: number;
  readonly isPaper: boolean;
}): VNode {
  return (
    <section aria-label="influence functions">
      <h3>What influence functions say</h3>
      <p>{agreementSentence(influence)}</p>
      {!isPaper && (
        <Fold title="Their lists and figures">
          <ExampleList
            title="Helpful: without them the loss would grow"
            examples={influence.helpful}
            unit="influence"
            highlighted={target}
          />
          <ExampleList
            title="Harmful: without them it would shrink"
            examples={influence.harmful}
            unit="influence"
            highlighted={target}
            opposing
          />
          <Plot svg={magnitudePlot(influence)}>
            How the values of all training points fall off from the largest one.
          </Plot>
          <Facts
            facts={[
              ...timeFact(influence.seconds),
              ['largest influence', formatNumber(influence.maxAbsValue)],
              ['exactly zero', formatPercent(influence.zeros)],
              ['rank correlation with representer values', formatNumber(influence.spearman)],
              ['iterations', String(influence.iterations)],
            ]}
          />
        </Fold>
      )}
    </section>
  );
}

/** The gradient by the input, and the maps of the strongest training points. */
function Sensitivity({
  query,
  place,
  classNames,
}: {
  readonly query: RepresenterQuery;
  readonly place: number;
  readonly classNames: readonly string[];
}): VNode | null {
  const maps = useMaps();
  const { sensitivity, excitatory, inhibitory, target } = query;
  if (!sensitivity) return null;
  const [whole, ...ofPoints] = maps(sensitivity.file);
  if (!whole) return null;
  const points = [...excitatory, ...inhibitory];
  const limit = Math.max(...whole.values.map(Math.abs));
  return (
    <section aria-label="sensitivity">
      <h3>Where each training point looks</h3>
      <p>
        The gradient of the score of {target.label} by the input is the sum of such maps over all training points, up to{' '}
        {formatNumber(sensitivity.error)} of its largest value. All maps have one scale.
      </p>
      <ol class="examples">
        <li>
          <MapView
            map={whole}
            limit={limit}
            over={{ of: 'input', index: place }}
            size={112}
            label="map of all points"
          />
          <span>all points</span>
        </li>
        {ofPoints.map((map, i) => {
          const point = points.find(({ index }) => index === sensitivity.points[i]);
          if (!point) return null;
          return (
            <li key={point.index}>
              <Picture of={{ of: 'train', index: point.index }} size={56} alt={`training image ${point.index}`} />
              <MapView
                map={map}
                limit={limit}
                over={{ of: 'input', index: place }}
                size={112}
                label={`map of training point ${point.index}`}
              />
              <span>{className(classNames, point.label)}</span>
              <span class="muted small">{formatSigned(point.value)}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function factsOf(query: RepresenterQuery): (readonly [string, string])[] {
  return [
    ['score of the model', formatNumber(query.modelLogit)],
    ['score of the fit', formatNumber(query.logit)],
    ['sum of all values', formatNumber(query.reconstructed)],
    ['Σ positive', formatSigned(query.positive)],
    ['Σ negative', formatSigned(query.negative)],
    ['output of the model', formatNumber(query.output, 4)],
    ['reconstructed output', formatNumber(query.reconstructedOutput, 4)],
    ...timeFact(query.seconds, 'time for all values'),
  ];
}
