/** When a layer learned what it says of an input. */
import type { VNode } from 'preact';
import type { TraceLayer, TraceQuery, TraceResult } from '../../../results/trace.js';
import { gammaOverTraining } from '../../trace/figures.js';
import { usePage } from '../context.js';
import { Plot } from '../parts/basics.js';

/** The course of γ; nothing where the result does not hold it. */
export function TimePanel({
  query,
  layer,
}: {
  readonly result: TraceResult;
  readonly query: TraceQuery;
  readonly layer: TraceLayer;
}): VNode | null {
  const { isPaper } = usePage();
  const svg = isPaper ? undefined : gammaOverTraining(query, layer);
  if (svg === undefined) return null;
  return (
    <section aria-label="over training">
      <h3>When it was learned</h3>
      <Plot svg={svg} />
    </section>
  );
}
