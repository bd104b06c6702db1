/** How exact the sums over training points are. */
import type { VNode } from 'preact';
import { formatCount, formatNumber } from '../../../plot/format.js';
import type { RepresenterFit, RepresenterResult } from '../../../results/representer.js';
import { reconstructionPlots } from '../../representer/plots.js';
import { Facts, Plot, timeFact } from '../parts/basics.js';
import { DataTable } from '../parts/data-table.js';
import type { Part } from '../payload.js';
import { trustOf } from './trust.js';

/** The tab. */
export function FitTab({ part }: { readonly part: Part }): VNode {
  const result = part.result as RepresenterResult;
  const { fit } = result;
  return (
    <section>
      <h2>How far to trust this</h2>
      <p>{trustOf(result).says}</p>
      <div class="plots">
        {reconstructionPlots(fit).map((svg, i) => (
          <Plot key={i} svg={svg} />
        ))}
      </div>
      {fit.tried && (
        <DataTable
          title="λ, the weight of the penalty, was left open: the largest that follows the model is taken"
          columns={[
            { title: 'λ', numeric: true, value: ({ lambda }) => formatNumber(lambda) },
            { title: 'Pearson', numeric: true, value: ({ pearson }) => pearson.toFixed(4) },
            { title: '', value: ({ lambda }) => (lambda === fit.lambda ? 'taken' : '') },
          ]}
          rows={fit.tried}
        />
      )}
      <Facts facts={factsOf(fit)} />
    </section>
  );
}

function factsOf(fit: RepresenterFit): (readonly [string, string])[] {
  return [
    ['layer', fit.layer],
    ['fitted to', fit.mode === 'given' ? 'the outputs of the model' : 'the labels'],
    ['features', formatCount(fit.features)],
    ['λ', formatNumber(fit.lambda)],
    ['solver', fit.solver],
    ['status', fit.status],
    ['‖∇‖∞', formatNumber(fit.gradientMaxNorm)],
    ['values miss the scores by', `${formatNumber(fit.sumError)} at most`],
    ['iterations', formatCount(fit.iterations)],
    ...timeFact(fit.seconds),
    ['largest error, train', formatNumber(fit.maxAbsError)],
    ...(fit.test ? [['largest error, test', formatNumber(fit.test.maxAbsError)] as const] : []),
  ];
}
