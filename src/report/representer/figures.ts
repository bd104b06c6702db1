/** The plots of a representer result: what of the result goes into each. */
import { formatNumber, formatPercent } from '../../plot/format.js';
import type { FloatArray } from '../../tensor.js';
import { imagePanel } from '../../plot/image-panel.js';
import { mapGrid } from '../../plot/map-grid.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { RepresenterQuery, RepresenterResultPoint } from '../../results/representer.js';
import { entryOf, planeOf, scaled } from '../attribute/maps.js';
import type { PictureSource } from '../pictures.js';
import { className } from '../class-name.js';

/** A training point with its picture. */
export interface PicturedPoint extends RepresenterResultPoint {
  readonly image: EmbeddedImage | undefined;
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
