/** A trends result on the terminal. */
import { formatCount, formatNumber } from '../../plot/format.js';
import { methodTitle } from '../../report/attribute/figures.js';
import { rhoText, toldFromZero } from '../../report/trends/correlations.js';
import { courseOf, courseText, furtherLines, headline } from '../../report/trends/headline.js';
import type { TrendsCorrelation, TrendsPerformance, TrendsResult, TrendsSeries } from '../../results/trends.js';
import { styled } from '../colour.js';
import type { Terminal } from '../terminal.js';

/** Losses that a line says ρ with. */
const LOSSES = ['train', 'test'] as const;

/** Prints the point, the fit, the conditions, and for each method and split how each measure went and goes with the losses. */
export function showTrends(ui: Terminal, result: TrendsResult): void {
  const { steps, images, series, loss, fit, conditions, weights, seconds } = result;
  ui.verdict(headline(result));
  for (const line of furtherLines(result)) ui.print(line);
  ui.print(`fit: ${fit.label}. ${fit.because}`);
  ui.print(`loss ${ends(loss.train, 'train', 'loss')}, ${ends(loss.test, 'test', 'loss')}`);
  ui.print(`accuracy ${ends(loss.train, 'train', 'accuracy')}, ${ends(loss.test, 'test', 'accuracy')}`);
  for (const one of series) {
    ui.print('');
    ui.print(styled(`${methodTitle(one)}, ${one.split} images`, 'heading'));
    const heading = ['measure', 'first → last', ...LOSSES.map((name) => `ρ with ${name} loss (95 %)`)];
    ui.table(heading, rows(result, one));
  }
  if (series.some(({ rho }) => rho.some((one) => !toldFromZero(one)))) {
    ui.print('');
    ui.print('≈ cannot be told from 0');
  }
  if (conditions.length > 0) ui.print('');
  for (const { condition, met, detail } of conditions) {
    const say = met ? ui.verdict : ui.print;
    say([met ? styled('met, so this fails', 'bad') : styled('not met', 'good'), `: ${condition}: ${detail}`]);
  }
  ui.print('');
  const source = weights.source === 'log' ? 'the log' : 'training again';
  ui.print(
    `measured at ${formatCount(steps.length)} ${steps.length === 1 ? 'step' : 'steps'}, ${formatCount(images.length)} images, weights from ${source}, ${seconds.toFixed(1)} s`,
  );
}

function rows(result: TrendsResult, { measures, rho }: TrendsSeries): string[][] {
  return Object.entries(measures).map(([name, summary]) => {
    const course = courseOf(summary, result.steps);
    const unit = result.measures.find((measure) => measure.name === name)?.unit;
    const correlations = LOSSES.map((loss) => rhoCell(rho.find((one) => one.measure === name && one.loss === loss)));
    return [name, course ? courseText(course, unit) : '–', ...correlations];
  });
}

function rhoCell(one: TrendsCorrelation | undefined): string {
  if (!one) return '–';
  const [low, high] = one.interval;
  return `${toldFromZero(one) ? '' : '≈ '}${rhoText(one.rho)} (${rhoText(low)} to ${rhoText(high)})`;
}

function ends(of: TrendsPerformance, split: string, what: 'loss' | 'accuracy'): string {
  const values = of[what];
  return `${split} ${formatNumber(values[0] ?? NaN)} → ${formatNumber(values.at(-1) ?? NaN)}`;
}
