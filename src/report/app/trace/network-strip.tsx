/** The layers of a decision, the last one first, coloured by what shapes them. */
import type { VNode } from 'preact';
import { formatSignedPercent } from '../../../plot/format.js';
import type { TraceLayer, TraceQuery } from '../../../results/trace.js';
import { shareOf } from '../../trace/figures.js';
import { groupName, leadingGroup, notSpecific, stepGroups, type StepGroup } from '../../trace/words.js';
import { usePage } from '../context.js';

/** Parts of a bar; the rest stands together. */
const PARTS = 4;

/** A press on a layer opens it. Layers whose list is the same for everything are grey, and say so. */
export function NetworkStrip({
  query,
  current,
  classNames,
}: {
  readonly query: TraceQuery;
  readonly current: string;
  readonly classNames: readonly string[];
}): VNode {
  const { go, isPaper } = usePage();
  return (
    <ol class="strip-layers" aria-label="layers, the last one first">
      {[...query.layers].reverse().map((layer) => {
        const inside = <LayerSummary layer={layer} predicted={query.predicted.class} classNames={classNames} />;
        const kind = notSpecific(layer) === undefined ? 'layer' : 'layer same-for-all';
        return (
          <li key={layer.layer}>
            {isPaper ? (
              <div class={kind}>{inside}</div>
            ) : (
              <button
                type="button"
                class={kind}
                aria-pressed={layer.layer === current}
                onClick={() => go({ layer: layer.layer })}
              >
                {inside}
              </button>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function LayerSummary({
  layer,
  predicted,
  classNames,
}: {
  readonly layer: TraceLayer;
  readonly predicted: number;
  readonly classNames: readonly string[];
}): VNode {
  const lead = leadingGroup(layer);
  const size = ({ gamma, contrast }: StepGroup) => contrast ?? gamma;
  const groups = stepGroups(layer)
    .filter((group) => size(group) > 0)
    .sort((a, b) => size(b) - size(a));
  const sum = groups.reduce((total, group) => total + size(group), 0);
  const parts = groups.slice(0, PARTS);
  return (
    <>
      <span class="layer-name">{layer.layer}</span>
      <span class="stack" aria-hidden="true">
        {parts.map((group) => (
          <span
            key={String(group.class)}
            class={group.class === predicted ? 'own' : undefined}
            style={`flex:${sum > 0 ? size(group) / sum : 1}`}
            title={groupName(group, classNames)}
          />
        ))}
      </span>
      <span class="layer-says">
        {notSpecific(layer) !== undefined
          ? 'the same for every input: no evidence'
          : lead
            ? `${groupName(lead, classNames)} ${formatSignedPercent(shareOf(layer, size(lead)))}`
            : 'nothing'}
      </span>
    </>
  );
}
