/** The plots of an influence result. */
import { formatPercent, formatSigned } from '../../plot/format.js';
import { imagePanel } from '../../plot/image-panel.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import { scatterPlot } from '../../plot/scatter-plot.js';
import type { InfluenceEffect, InfluenceQuery, InfluenceResult } from '../../results/influence.js';
import { className } from '../class-name.js';
import { correlationText } from './terms.js';

/** A training example with its picture. */
export interface PicturedEffect extends InfluenceEffect {
  readonly image: EmbeddedImage | undefined;
}

/** The query, and the training images that support and oppose it most. */
export function effectPanel(
  query: InfluenceQuery,
  image: EmbeddedImage | undefined,
  examples: readonly PicturedEffect[],
  opponents: readonly PicturedEffect[],
  { classNames, method }: Pick<InfluenceResult, 'classNames' | 'method'>,
): string {
  const { predicted, target } = query;
  const predicts = method.predicts !== false;
  const items = (effects: readonly PicturedEffect[], tone?: 'opposing') =>
    effects.map((effect) => ({
      image: effect.image,
      caption: className(classNames, effect.label),
      detail: formatSigned(effect.effect),
      highlighted: effect.label === target?.class,
      tone,
    }));
  return imagePanel({
    query: {
      image,
      caption: predicted?.label ?? query.input,
      detail: predicted ? formatPercent(predicted.probability) : '',
      highlighted: predicted !== undefined && predicted.class === target?.class,
      tone: 'accent',
    },
    rows: [
      { title: predicts ? 'without them it would be lower' : 'speak for it', items: items(examples) },
      { title: predicts ? 'without them it would be higher' : 'speak against it', items: items(opponents, 'opposing') },
    ],
    label: predicts
      ? `The training images whose absence would change ${query.input} most`
      : `The training images that speak for and against ${query.input} most`,
  });
}

/** Predicted against actual changes, an input a point; nothing where there are fewer than three. */
export function verificationPlot({ queries, verified }: InfluenceResult): string | undefined {
  if (!verified || verified.queries < 3) return undefined;
  const checks = queries.flatMap(({ verification }) =>
    verification?.predicted === undefined ? [] : [{ ...verification, predicted: verification.predicted }],
  );
  if (checks.length < 3) return undefined;
  return scatterPlot({
    series: [
      {
        name: 'inputs',
        x: checks.map(({ predicted }) => predicted),
        y: checks.map(({ actual }) => actual),
        color: 'series1',
      },
    ],
    xTitle: 'predicted: how much lower without the supporters',
    yTitle: 'trained again: how much lower it is',
    title: `${verified.queries} inputs`,
    note: verified.pearson === undefined ? '' : `Pearson ${correlationText(verified)}`,
    diagonal: true,
    label: 'Predicted changes against those that training again without the strongest supporters showed',
    width: 340,
    height: 330,
  });
}
