/** All series of a trends result as CSV (RFC 4180), in long form: a line for each step of each series. */
import type { TrendsPerformance, TrendsResult, TrendsSeries } from '../../results/trends.js';
import { csvField } from '../csv.js';

const COLUMNS = ['step', 'method', 'layer', 'split', 'measure', 'mean', 'lower_quartile', 'upper_quartile', 'count'];

/**
 * Measures first, by method and split, with quartiles over the images and how many images have the measure; then `loss` and
 * `accuracy`, which have no method and no quartiles, and how many examples they are of. The loss of the batch that led to a
 * step has the split `batch`. Empty is what is not known.
 */
export function trendsCsv(result: Pick<TrendsResult, 'steps' | 'images' | 'loss' | 'series'>): string {
  const { steps, images, loss, series } = result;
  const lines = [
    ...series.flatMap((one) => measured(one, steps, images.filter(({ split }) => split === one.split).length)),
    ...steps.map((step, i) => line(step, '', '', 'batch', 'loss', [loss.batch[i]])),
    ...performance(loss.train, 'train', steps),
    ...performance(loss.test, 'test', steps),
  ];
  return [COLUMNS.join(), ...lines, ''].join('\r\n');
}

function measured({ method, layer, split, measures }: TrendsSeries, steps: readonly number[], all: number): string[] {
  return Object.entries(measures).flatMap(([name, { mean, lowerQuartile, upperQuartile, images }]) =>
    steps.map((step, i) => {
      const values = [mean[i], lowerQuartile[i], upperQuartile[i], images ? images[i] : all];
      return line(step, csvField(method), csvField(layer ?? ''), split, csvField(name), values);
    }),
  );
}

function performance({ examples, ...of }: TrendsPerformance, split: string, steps: readonly number[]): string[] {
  return (['loss', 'accuracy'] as const).flatMap((name) =>
    steps.map((step, i) => line(step, '', '', split, name, [of[name][i], null, null, examples])),
  );
}

function line(
  step: number,
  method: string,
  layer: string,
  split: string,
  measure: string,
  [mean, lower, upper, count]: readonly (number | null | undefined)[],
): string {
  return [step, method, layer, split, measure, mean ?? '', lower ?? '', upper ?? '', count ?? ''].join();
}
