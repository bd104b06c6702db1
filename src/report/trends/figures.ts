/** The plots of a trends result: a measure and the losses over the same steps, one above the other. */
import { linePlot, valueRange, type LinePanel, type LineSeries } from '../../plot/line-plot.js';
import type { LegendEntry } from '../../plot/legend.js';
import { formatCount } from '../../plot/format.js';
import { runningMean, runningMeanWindow } from '../../numeric/running-mean.js';
import type { TrendsResult, TrendsSeries } from '../../results/trends.js';

/** Values of a series, null where there is none. */
type Series = readonly (number | null)[];

/** As much as a phone shows without scrolling. */
const WIDTH = 344;

/** Colour and dashes of each split; the batch's loss has its own. */
const STYLES = {
  train: { color: 'series1', dash: undefined },
  test: { color: 'series2', dash: '6 3' },
  batch: { color: 'series3', dash: '2 3' },
} as const;

/** What the lines of a plot stand for. */
type Source = keyof typeof STYLES;

/** Of fewer values there is no running mean: it would be the values again. */
const FEWEST = 5;

/** Steps that a running mean is over; undefined where the series is too short for one. */
export function smoothedSteps(steps: readonly number[]): number | undefined {
  // Steps are evenly apart, but for the last one perhaps.
  return steps.length < FEWEST ? undefined : runningMeanWindow(steps.length) * (steps[1]! - steps[0]!);
}

/** The running mean of a series where it has values. */
export function smoothed(values: Series): (number | null)[] {
  if (values.length < FEWEST) return [...values];
  const means = runningMean(values, runningMeanWindow(values.length));
  return values.map((value, i) => (value === null ? null : means[i]!));
}

/** Loss and accuracy over the steps. */
export function performanceFigure(result: TrendsResult): string {
  const { steps, loss } = result;
  const accuracy = (['train', 'test'] as const).flatMap((split) => curves(steps, loss[split].accuracy, split));
  return linePlot({
    ...frame(steps, ['train', 'test', 'batch'], false),
    ...lossPanel(result),
    below: [{ series: accuracy, yTitle: 'accuracy', yDomain: [0, 1] }],
    label: `Loss and accuracy over ${stepsText(steps)}, raw and as running mean`,
    height: 340,
  });
}

/** One measure of one method: on train images, on test images with the same range, and the losses below. */
export function measureFigure(result: TrendsResult, name: string, ofMethod: readonly TrendsSeries[]): string {
  const { steps } = result;
  const panels = ofMethod.flatMap(({ split, measures }): LinePanel[] => {
    const found = measures[name];
    if (!found) return [];
    const { mean, lowerQuartile, upperQuartile } = found;
    const series = curves(steps, mean, split, { lower: lowerQuartile, upper: upperQuartile });
    return [{ series, yTitle: `${nameAndUnit(result, name)}: ${split} images` }];
  });
  const yDomain = valueRange(panels.flatMap(({ series }) => series));
  const [first, ...others] = panels.map((panel) => ({ ...panel, yDomain }));
  const { method } = ofMethod[0]!;
  return linePlot({
    ...frame(steps, ['train', 'test', 'batch'], true),
    ...first!,
    below: [...others, lossPanel(result)],
    label:
      `${name} of the maps by ${method} over ${stepsText(steps)}, mean and quartiles over images, raw and as running mean; ` +
      'below it the losses over the same steps',
    height: 130 + 106 * (panels.length + 1),
  });
}

/** What all plots share. */
function frame(steps: readonly number[], sources: readonly Source[], bands: boolean) {
  const span = smoothedSteps(steps);
  const styles: LegendEntry[] = [
    { name: 'raw', color: 'muted', mark: 'line', faint: span !== undefined },
    ...(span !== undefined
      ? [{ name: `running mean over ${formatCount(span)} steps`, color: 'muted', mark: 'line' } as const]
      : []),
    ...(bands && steps.length > 1
      ? [{ name: 'between the quartiles of images', color: 'muted', mark: 'band' } as const]
      : []),
  ];
  const key = [...styles, ...sources.map((name): LegendEntry => ({ name, ...STYLES[name], mark: 'line' }))];
  return { xTitle: 'step', key, marker: true, width: WIDTH };
}

function lossPanel({ steps, loss }: TrendsResult): LinePanel {
  const series = [
    ...curves(steps, loss.batch, 'batch'),
    ...curves(steps, loss.train.loss, 'train'),
    ...curves(steps, loss.test.loss, 'test'),
  ];
  return { series, yTitle: `loss, ${loss.name}` };
}

/** A series as it is, thin, and its running mean; the band is a running mean too. */
function curves(
  x: readonly number[],
  values: Series,
  source: Source,
  quartiles?: { readonly lower: Series; readonly upper: Series },
): LineSeries[] {
  const drawn = (series: Series) => series.map((value) => value ?? NaN);
  const band = quartiles && { lower: drawn(smoothed(quartiles.lower)), upper: drawn(smoothed(quartiles.upper)) };
  const line = { name: source, x, ...STYLES[source], ...(band && { band }) };
  const raw = drawn(values);
  if (values.length < FEWEST) return [{ ...line, y: raw }];
  return [
    { name: `${source}, raw`, x, y: raw, color: line.color, dash: undefined, faint: true },
    { ...line, y: drawn(smoothed(values)) },
  ];
}

/** A measure with its unit, as axes and tables call it. */
export function nameAndUnit({ measures }: Pick<TrendsResult, 'measures'>, name: string): string {
  const unit = measures.find((measure) => measure.name === name)?.unit ?? '';
  return unit === '' ? name : `${name}, ${unit}`;
}

/** How far the steps go, in words. */
export function stepsText(steps: readonly number[]): string {
  const last = steps.at(-1) ?? 0;
  return last === 1 ? '1 step' : `${formatCount(last)} steps`;
}
