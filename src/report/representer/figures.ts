/** The plots of a representer result: what of the result goes into each. */
import { formatNumber, formatPercent } from '../../plot/format.js';
import type { FloatArray } from '../../tensor.js';
import { imagePanel } from '../../plot/image-panel.js';
import { linePlot } from '../../plot/line-plot.js';
import { mapGrid } from '../../plot/map-grid.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import { scatterPlot } from '../../plot/scatter-plot.js';
import type {
  RepresenterFit,
  RepresenterInfluence,
  RepresenterQuery,
  RepresenterResultPoint,
} from '../../results/representer.js';
import { entryOf, planeOf, scaled } from '../attribute/maps.js';
import type { PictureSource } from '../pictures.js';
import { className } from '../class-name.js';

/** A training point with its picture. */
export interface PicturedPoint extends RepresenterResultPoint {
  readonly image: EmbeddedImage | undefined;
}

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

/** The query, its most excitatory and its most inhibitory training images (Fig. 3). */
export function pointPanel(
  query: RepresenterQuery,
  image: EmbeddedImage | undefined,
  excitatory: readonly PicturedPoint[],
  inhibitory: readonly PicturedPoint[],
  classNames: readonly string[],
): string {
  const items = (points: readonly PicturedPoint[], tone?: 'opposing') =>
    points.map((point) => ({
      image: point.image,
      caption: className(classNames, point.label),
      detail: formatNumber(point.value),
      highlighted: point.label === query.target.class,
      tone,
    }));
  return imagePanel({
    query: {
      image,
      caption: query.predicted.label,
      detail: formatPercent(query.predicted.probability),
      highlighted: query.predicted.class === query.target.class,
      tone: 'accent',
    },
    rows: [
      { title: `excitatory: they raise the score of ${query.target.label}`, items: items(excitatory) },
      { title: `inhibitory: they lower it`, items: items(inhibitory, 'opposing') },
    ],
    label: `Input predicted as ${query.predicted.label}, and the training images with the largest and smallest values`,
  });
}

/** Training points drawn on either side of the whole map. */
const mappedPoints = 4;

/** The gradient by the input, and the maps of the strongest training points below their pictures (Fig. 6). */
export async function sensitivityGrid(
  query: RepresenterQuery,
  maps: FloatArray,
  position: number,
  pictures: PictureSource,
  classNames: readonly string[],
): Promise<string | undefined> {
  if (!planeOf(entryOf(maps, 0))) return undefined;
  const { excitatory, inhibitory, target, sensitivity } = query;
  const shown = [...excitatory.slice(0, mappedPoints), ...inhibitory.slice(0, mappedPoints)];
  const cells = await Promise.all(
    shown.map(async (point) => ({
      picture: await pictures.picture('train', point.index),
      map: scaled(planeOf(entryOf(maps, 1 + sensitivity!.points.indexOf(point.index)))!),
      name: `${className(classNames, point.label)} ${formatNumber(point.value)}`,
    })),
  );
  const whole = scaled(planeOf(entryOf(maps, 0))!);
  return mapGrid({
    columns: ['all points', ...cells.map(({ name }) => name)],
    rows: [
      {
        title: 'image',
        cells: [{ picture: await pictures.queryPicture(position) }, ...cells.map(({ picture }) => ({ picture }))],
      },
      { title: 'sensitivity', cells: [{ map: whole }, ...cells.map(({ map }) => ({ map }))] },
    ],
    scaleTitle: `change of the score of ${target.label} with each pixel`,
    label: `The gradient of the score of ${target.label} by the input, and the parts that training points have in it`,
  });
}
