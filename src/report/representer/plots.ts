/** The plots of a representer result that pages draw themselves. */
import { linePlot } from '../../plot/line-plot.js';
import { scatterPlot } from '../../plot/scatter-plot.js';
import type { RepresenterFit, RepresenterInfluence } from '../../results/representer.js';

/** The model's outputs against the reconstructed ones (Fig. 1), train and test beside each other. */
export function reconstructionPlots({ activation, ...fit }: RepresenterFit): string[] {
  const parts = [['train', fit] as const, ...(fit.test ? [['test', fit.test] as const] : [])];
  return parts.map(([name, { points, pearson, examples }], i) =>
    scatterPlot({
      series: [{ name, x: points.actual, y: points.reconstructed, color: i === 0 ? 'series1' : 'series2' }],
      xTitle: `${activation} output of the model`,
      yTitle: 'sum over training points',
      title: `${name}, ${examples.toLocaleString('en-US')} examples`,
      note: `Pearson ${pearson.toFixed(6)}`,
      diagonal: true,
      label: `Outputs of the model against those reconstructed from training points, ${name} data`,
      width: 340,
      height: 330,
    }),
  );
}

/** Smallest magnitude that the plot of magnitudes shows, as a power of ten. */
const lowestPower = -8;

/** How the values of all training points fall off from the largest: influence beside representer points (Fig. 7). */
export function magnitudePlot({ magnitudes }: RepresenterInfluence): string {
  const series = (['representer', 'influence'] as const).map((name) => ({
    name,
    x: magnitudes[name].map((_, i) => (100 * i) / (magnitudes[name].length - 1)),
    y: magnitudes[name].map((share) => (share > 0 ? Math.max(lowestPower, Math.log10(share)) : NaN)),
  }));
  return linePlot({
    series,
    xTitle: 'share of the training points, %, largest values first',
    yTitle: 'log₁₀ of |value| / largest',
    label: 'Magnitudes of the values of all training points, relative to the largest, by rank',
    width: 460,
    height: 260,
  });
}
