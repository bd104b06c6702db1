import type { TrendsPerformance, TrendsResult, TrendsSeries } from '../results/trends.js';
import { originColumns, type ListContext } from './columns.js';
import { flag, integer, list, number, text, type List } from './list.js';

/** A step of a series. */
interface SeriesRow {
  readonly step: number;
  readonly method?: string;
  readonly layer?: string | undefined;
  readonly split: string;
  readonly measure: string;
  readonly mean: number | null | undefined;
  readonly lower?: number | null | undefined;
  readonly upper?: number | null | undefined;
  readonly count?: number | undefined;
}

/**
 * Lists of trends. `series` is in long form, a line for each step of each series: measures first, by method and split, with quartiles over
 * the images and how many images have the measure; then `loss` and `accuracy`, which have no method and no quartiles, and how many examples
 * they are of. The loss of the batch that led to a step has the split `batch`. Then correlations with the losses, images, conditions.
 */
export function trendsLists(result: TrendsResult, context: ListContext): List[] {
  const { images, conditions } = result;
  const correlations = result.series.flatMap(({ method, layer, split, rho }) =>
    rho.map((entry) => ({ ...entry, method, layer, split })),
  );
  return [
    list('series', seriesRows(result), [
      integer('step', ({ step }) => step),
      text('method', ({ method }) => method),
      text('layer', ({ layer }) => layer),
      text('split', ({ split }) => split),
      text('measure', ({ measure }) => measure),
      number('mean', ({ mean }) => mean),
      number('lower_quartile', ({ lower }) => lower),
      number('upper_quartile', ({ upper }) => upper),
      integer('count', ({ count }) => count),
    ]),
    list('correlations', correlations, [
      text('method', ({ method }) => method),
      text('layer', ({ layer }) => layer),
      text('split', ({ split }) => split),
      text('measure', ({ measure }) => measure),
      text('loss', ({ loss }) => loss),
      number('rho', ({ rho }) => rho),
      number('p', ({ p }) => p),
      number('low', ({ interval }) => interval[0]),
      number('high', ({ interval }) => interval[1]),
    ]),
    list('images', images, [
      text('split', ({ split }) => split),
      integer('index', ({ index }) => index),
      integer('label', (image) => image.class),
      text('label_name', ({ label }) => label),
      ...originColumns(images, context, (image) => image),
    ]),
    list('conditions', conditions, [
      text('condition', ({ condition }) => condition),
      flag('met', ({ met }) => met),
      text('detail', ({ detail }) => detail),
    ]),
  ];
}

function seriesRows({ steps, images, loss, series }: TrendsResult): SeriesRow[] {
  return [
    ...series.flatMap((one) => measured(one, steps, images.filter(({ split }) => split === one.split).length)),
    ...steps.map((step, i) => ({ step, split: 'batch', measure: 'loss', mean: loss.batch[i] })),
    ...performance(loss.train, 'train', steps),
    ...performance(loss.test, 'test', steps),
  ];
}

function measured(
  { method, layer, split, measures }: TrendsSeries,
  steps: readonly number[],
  all: number,
): SeriesRow[] {
  return Object.entries(measures).flatMap(([measure, { mean, lowerQuartile, upperQuartile, images }]) =>
    steps.map((step, i) => ({
      ...{ step, method, layer, split, measure, mean: mean[i], lower: lowerQuartile[i], upper: upperQuartile[i] },
      count: images ? images[i] : all,
    })),
  );
}

function performance({ examples, ...of }: TrendsPerformance, split: string, steps: readonly number[]): SeriesRow[] {
  return (['loss', 'accuracy'] as const).flatMap((measure) =>
    steps.map((step, i) => ({ step, split, measure, mean: of[measure][i], count: examples })),
  );
}
