/** All methods by each protocol: dots with intervals, and a table. */
import type { VNode } from 'preact';
import { formatCount, formatNumber, formatPercent } from '../../../plot/format.js';
import type { EvaluateFigure, EvaluateResult } from '../../../results/evaluate.js';
import { figureGroups, intervalPlot, type FigureGroup } from '../../evaluate/figures.js';
import { usePage } from '../context.js';
import { Facts, Fold, Notice, Plot, timeFact } from '../parts/basics.js';
import { DataTable } from '../parts/data-table.js';
import { sentence } from '../parts/text.js';
import type { Part } from '../payload.js';
import { bestBy, bestOf, sayBest } from './best.js';
import { Fits } from './fits.js';

/** Plots of a protocol that are shown at once. */
const SHOWN = 4;

/** The tab. */
export function MethodsTab({ part }: { readonly part: Part }): VNode {
  const result = part.result as EvaluateResult;
  const { drift, trainingExamples, queries, accuracy, steps, seconds, fits = [] } = result;
  const groups = figureGroups(result);
  return (
    <article>
      {drift > 0 && (
        <Notice>
          The replay is not the recorded training: its weights end {formatNumber(drift)} of their norm away.
        </Notice>
      )}
      {result.protocols.map(({ name, asks }) => (
        <Protocol
          key={name}
          name={name}
          asks={asks}
          groups={groups.filter(({ protocol }) => protocol === name)}
          isHeadline={bestOf(result)?.group.protocol === name}
        />
      ))}
      <Fits fits={fits} />
      <Facts
        facts={[
          ['training examples', formatCount(trainingExamples)],
          ['queries', formatCount(queries.length)],
          ['of them decided as labelled', formatPercent(accuracy)],
          ['steps', formatCount(steps)],
          ...timeFact(seconds),
        ]}
      />
    </article>
  );
}

function Protocol({
  name,
  asks,
  groups,
  isHeadline,
}: {
  readonly name: string;
  readonly asks: string;
  readonly groups: readonly FigureGroup[];
  /** Whether the page begins with what its best is. */
  readonly isHeadline: boolean;
}): VNode {
  const { isPaper } = usePage();
  const methods = [...new Set(groups.flatMap(({ entries }) => entries.map(({ method }) => method)))];
  const found = (group: FigureGroup, method: string) => group.entries.find((entry) => entry.method === method);
  const best = bestBy(name, groups);
  const chances = groups.flatMap(({ figure, entries: [first] }) =>
    first?.chance === undefined ? [] : [`${figure} ${formatNumber(first.chance)}`],
  );
  const plots = (some: readonly FigureGroup[]) => (
    <div class="plots">
      {some.map((group) => (
        <Plot key={group.figure} svg={intervalPlot(group)} />
      ))}
    </div>
  );
  return (
    <section aria-label={name}>
      <h3>{name}</h3>
      <p class="lede">{asks}</p>
      {best && !isHeadline && <p>{sayBest(best)}</p>}
      {plots(groups.slice(0, isPaper ? 2 : SHOWN))}
      {groups.length > SHOWN && !isPaper && (
        <Fold title={`${groups.length - SHOWN} more figures`}>{plots(groups.slice(SHOWN))}</Fold>
      )}
      <DataTable
        title={`${sentence(groups[0]?.unit ?? 'value').slice(0, -1)} ± standard error; ≈ marks what cannot be told from chance`}
        rows={methods}
        columns={[
          { title: 'method', order: (method) => method, value: (method) => method },
          ...groups.map((group) => ({
            // A unit stays on the line of its number.
            title: group.figure.replaceAll(' %', '\u00a0%'),
            numeric: true,
            order: (method: string) => found(group, method)?.value ?? -Infinity,
            value: (method: string) => inWords(found(group, method)),
          })),
        ]}
      />
      {chances.length > 0 && (
        <p class="muted small">By chance (dashed): {chances.join('; ')}. What cannot be told from it is grey.</p>
      )}
    </section>
  );
}

function inWords(figure: EvaluateFigure | undefined): string {
  if (!figure) return '–';
  const { value, standardError, distinguishable } = figure;
  const error = standardError === undefined ? '' : ` ± ${formatNumber(standardError, 2)}`;
  return `${distinguishable === false ? '≈ ' : ''}${formatNumber(value)}${error}`;
}
