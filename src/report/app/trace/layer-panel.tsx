/** What shaped one layer: classes, training examples, training steps. */
import type { VNode } from 'preact';
import { formatNumber, formatPercent, formatSigned, formatSignedPercent } from '../../../plot/format.js';
import type { TraceBatch, TraceExample, TraceLayer, TraceQuery, TraceResult } from '../../../results/trace.js';
import { layerRidges, shareOf } from '../../trace/figures.js';
import { LIST_TITLES, notSpecific } from '../../trace/words.js';
import { usePage } from '../context.js';
import type { Fact } from '../kind-view.js';
import { Facts, Fold, Notice, Plot } from '../parts/basics.js';
import { DataTable, type Column } from '../parts/data-table.js';
import { ExampleList, type ValuedExample } from '../parts/example-list.js';
import { className } from '../parts/text.js';
import { largestParts, Waterfall } from '../parts/waterfall.js';
import { COMPLETE } from './trust.js';

/** Examples on either side; on paper fewer, so that a decision is at most two pages. */
const SHOWN = 60;
const ON_PAPER = 10;
const CLASSES = 5;

/** The layer that is open. */
export function LayerPanel({
  result,
  query,
  layer,
}: {
  readonly result: TraceResult;
  readonly query: TraceQuery;
  readonly layer: TraceLayer;
}): VNode {
  const { isPaper } = usePage();
  const { classNames, split = 'batch' } = result;
  const remark = notSpecific(layer);
  const titles = LIST_TITLES[split];
  const ridges = isPaper ? undefined : layerRidges(query, layer);
  const shown = isPaper ? ON_PAPER : SHOWN;
  return (
    <section class="layer-panel" aria-label={`layer ${layer.layer}`}>
      {layer.completenessError > COMPLETE && (
        <Notice>
          The traced updates miss {formatPercent(Math.min(1, layer.completenessError))} of this layer’s output: steps
          are not in the log, or its codec lost too much.
        </Notice>
      )}
      {remark === undefined ? (
        <>
          <TracedExamples title={titles.supporting} examples={layer.examples} shown={shown} query={query} />
          {layer.opponents.length > 0 && (
            <TracedExamples title={titles.opposing} examples={layer.opponents} shown={shown} query={query} opposing />
          )}
        </>
      ) : (
        <Notice>Not shown as evidence: {remark}.</Notice>
      )}
      <LayerParts layer={layer} classNames={classNames} />
      {!isPaper && (
        <>
          {layer.batches.length > 0 && (
            <Fold title="Training steps that stand out most">
              <DataTable title="Training steps" columns={stepColumns(layer, classNames)} rows={layer.batches} />
            </Fold>
          )}
          {ridges !== undefined && (
            <Fold title="How the updates of each class point">
              <Plot svg={ridges}>
                Seen from this input: to the right of 0 updates support the output of the layer, to the left they oppose
                it.
              </Plot>
            </Fold>
          )}
          <Fold title="Figures of this layer">
            <Facts facts={factsOf(layer)} />
          </Fold>
        </>
      )}
    </section>
  );
}

function TracedExamples({
  title,
  examples,
  shown,
  query,
  opposing,
}: {
  readonly title: string;
  readonly examples: readonly TraceExample[];
  readonly shown: number;
  readonly query: TraceQuery;
  readonly opposing?: boolean;
}): VNode {
  const valued: (TraceExample & ValuedExample)[] = examples.slice(0, shown).map((example) => ({
    ...example,
    value: example.contrast ?? example.cosine ?? example.gamma,
  }));
  return (
    <ExampleList
      title={title}
      examples={valued}
      all={examples.length}
      unit={examples[0]?.contrast === undefined ? 'γ' : 'γ−γ\u0304'}
      highlighted={query.predicted.class}
      opposing={opposing === true}
      columns={[
        { title: 'γ', numeric: true, order: ({ gamma }) => gamma, value: ({ gamma }) => formatNumber(gamma) },
        { title: 'steps', numeric: true, order: ({ steps }) => steps, value: ({ steps }) => String(steps) },
      ]}
    />
  );
}

/** What the layer's output is made of, as shares of ‖W f‖². */
function LayerParts({
  layer,
  classNames,
}: {
  readonly layer: TraceLayer;
  readonly classNames: readonly string[];
}): VNode {
  const percent = (gamma: number) => shareOf(layer, gamma) * 100;
  const isExact = layer.remainder !== undefined;
  const classes = largestParts(
    [
      ...layer.classes.map(({ class: index, gamma }) => ({
        name: className(classNames, index),
        value: percent(gamma),
      })),
      ...(layer.mixed && !isExact ? [{ name: 'mixed batches', value: percent(layer.mixed.gamma) }] : []),
    ],
    CLASSES,
  );
  const others = [
    ...(layer.initial ? [{ name: 'initial weights', value: percent(layer.initial.gamma) }] : []),
    ...(Math.abs(percent(layer.remainder ?? 0)) > 0.1
      ? [{ name: 'weight decay', value: percent(layer.remainder!), note: 'from no example' }]
      : []),
  ];
  const parts = [...others, ...classes];
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  return (
    <Waterfall
      title={`What ${layer.layer} gives out comes from (in %)`}
      unit="percent of the layer's output"
      parts={parts}
      total={{ name: 'all', value: total }}
    />
  );
}

function stepColumns(layer: TraceLayer, classNames: readonly string[]): Column<TraceBatch>[] {
  const hasContrast = layer.batches.some(({ contrast }) => contrast !== undefined);
  return [
    { title: 'step', numeric: true, order: ({ step }) => step, value: ({ step }) => String(step) },
    { title: 'class', value: ({ label }) => (label === null ? 'several' : className(classNames, label)) },
    { title: 'γ', numeric: true, order: ({ gamma }) => gamma, value: ({ gamma }) => formatNumber(gamma) },
    ...(hasContrast
      ? [
          {
            title: 'γ−γ\u0304',
            numeric: true,
            order: ({ contrast = 0 }: TraceBatch) => contrast,
            value: ({ contrast = 0 }: TraceBatch) => formatSigned(contrast),
          },
        ]
      : []),
    { title: 'cosine', numeric: true, order: ({ cosine }) => cosine, value: ({ cosine }) => formatNumber(cosine) },
  ];
}

function factsOf(layer: TraceLayer): Fact[] {
  const { listOverlap } = layer;
  return [
    [layer.reference === 'full' ? '‖W f‖' : '‖(W − W⁽⁰⁾) f‖', formatNumber(layer.norm)],
    ['weight', layer.weight],
    ['bias share', formatSignedPercent(layer.biasShare)],
    ...(listOverlap
      ? [['shared by the lists of two inputs', `${listOverlap.shared.toFixed(1)} of ${listOverlap.of}`] as const]
      : []),
    ['completeness error', formatNumber(layer.completenessError)],
    ['codec error', formatNumber(layer.codecError)],
  ];
}
