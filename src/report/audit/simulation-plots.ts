/** The plots of the experiment with flipped labels. */
import { linePlot } from '../../plot/line-plot.js';
import type { AuditSimulation } from '../../results/audit.js';

/** Accuracy and share of flips found over the fraction inspected (Fig. 2). */
export function simulationPlots({ fractions, methods }: AuditSimulation): { accuracy: string; found: string } {
  const x = fractions.map((fraction) => 100 * fraction);
  const plot = (of: 'accuracy' | 'found', yTitle: string, label: string) =>
    linePlot({
      series: methods.map(({ method, [of]: values }) => ({
        name: method,
        x,
        y: values.map(({ mean }) => 100 * mean),
        color: method === 'random' ? 'outline' : undefined,
      })),
      xTitle: 'training examples inspected, %',
      yTitle,
      label,
      width: 420,
      height: 320,
    });
  return {
    accuracy: plot('accuracy', 'test accuracy, %', 'Test accuracy after inspecting and mending labels, by ranking'),
    found: plot('found', 'flipped labels found, %', 'Share of the flipped labels found, by ranking'),
  };
}
