/** How well rankings find labels that were flipped on purpose. */
import type { VNode } from 'preact';
import { formatCount, formatPercent } from '../../../plot/format.js';
import type { AuditSimulation } from '../../../results/audit.js';
import { simulationPlots } from '../../audit/simulation-plots.js';
import { spreadText } from '../../audit/spread-text.js';
import { Plot } from '../parts/basics.js';
import { DataTable } from '../parts/data-table.js';

/** The experiment: its plots and its numbers. */
export function Simulation({ simulation }: { readonly simulation: AuditSimulation }): VNode {
  const { noise, seeds, examples, flips, clean, fractions, methods } = simulation;
  const percent = (spread: AuditSimulation['clean']) => spreadText(spread, seeds);
  const ranking = { title: 'ranking', value: ({ method }: AuditSimulation['methods'][number]) => method };
  return (
    <>
      <h3>With flipped labels</h3>
      <p>
        {formatCount(flips)} of {formatCount(examples)} labels were flipped ({formatPercent(noise)}),{' '}
        {seeds === 1 ? 'once' : `${formatCount(seeds)} times`}. Each ranking was inspected from the top, what was
        flipped was mended, and the layer was trained again. Without flips its test accuracy is {percent(clean)} %.
        {seeds === 1 && ' One seed does not tell how uncertain these numbers are.'}
      </p>
      <div class="sides">
        {Object.entries(simulationPlots(simulation)).map(([name, svg]) => (
          <Plot key={name} svg={svg} />
        ))}
      </div>
      <DataTable
        title="Test accuracy after inspecting, %"
        rows={methods}
        columns={[
          ranking,
          ...fractions.map((fraction, f) => ({
            title: `${Math.round(100 * fraction)} %`,
            numeric: true,
            value: ({ accuracy }: AuditSimulation['methods'][number]) => percent(accuracy[f]!),
          })),
        ]}
      />
      <DataTable
        title="How well each ranking finds the flips"
        rows={methods}
        columns={[
          ranking,
          { title: 'ROC-AUC', numeric: true, value: ({ rocAuc }) => rocAuc.mean.toFixed(3) },
          {
            title: 'average precision',
            numeric: true,
            value: ({ averagePrecision }) => averagePrecision.mean.toFixed(3),
          },
          { title: 'found at the noise rate, %', numeric: true, value: ({ recallAtNoise }) => percent(recallAtNoise) },
          { title: 'found at 10 %', numeric: true, value: ({ recallAt10 }) => percent(recallAt10) },
          { title: 'found at 20 %', numeric: true, value: ({ recallAt20 }) => percent(recallAt20) },
        ]}
      />
    </>
  );
}
