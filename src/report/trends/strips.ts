/** Maps of images over training, as strips: all of a strip on one scale, so that what grows is seen to grow. */
import { mapGrid } from '../../plot/map-grid.js';
import type { PixelImage } from '../../plot/pixel-image.js';
import { formatCount } from '../../plot/format.js';
import type { TrendsResult, TrendsStrip } from '../../results/trends.js';
import type { ArraySource } from '../attribute/figures.js';
import { entryOf, planeOf, reduced, scaled, type Plane } from '../attribute/maps.js';
import { exampleName } from '../app/parts/text.js';

/** A strip that can be drawn. */
export interface StripView {
  readonly strip: TrendsStrip;
  /** Places of the maps that are shown among those of the strip. */
  readonly shown: readonly number[];
  /** Those maps; large ones as means of squares of their pixels. */
  readonly maps: readonly Plane[];
  /** Edge of those squares: 1 where every pixel is drawn. */
  readonly square: number;
  /** The magnitude that gets the full colour, in all maps. */
  readonly limit: number;
}

/** Maps of a strip that are shown; the array has all. */
const MOST_MAPS = 40;

/** Edge of a map on the page; larger ones are reduced, as nobody sees more of it there. */
const LARGEST_EDGE = 64;

/** Places of the maps that are shown, of so many. */
export function framesOf(count: number): number[] {
  const kept = Math.min(count, MOST_MAPS);
  return Array.from({ length: kept }, (_, i) => (kept === 1 ? 0 : Math.round((i * (count - 1)) / (kept - 1))));
}

/** The strip's maps; undefined where they are no images. */
export function stripView(strip: TrendsStrip, arrays: ArraySource): StripView | undefined {
  const stack = arrays(strip.file);
  const count = strip.steps.length;
  const shown = framesOf(count);
  const maps = shown.map((i) => planeOf(entryOf(stack, i))).filter((plane) => plane !== undefined);
  if (maps.length === 0 || maps.length < shown.length) return undefined;
  const square = Math.ceil(Math.max(maps[0]!.columns, maps[0]!.rows) / LARGEST_EDGE);
  const limit = Math.max(...maps.map((map) => scaled(map).limit));
  return { strip, shown, maps: maps.map((map) => reduced(map, square)), square, limit };
}

/** What the image of a strip is called. */
export function stripImageName({ images }: Pick<TrendsResult, 'images'>, { image }: TrendsStrip): string {
  const { split, label, ...example } = images[image]!;
  return `${label}, ${exampleName(example, `${split} image`)}`;
}

/** All strips of a method under one another; undefined where there are none, or their steps differ. */
export function stripsFigure(
  result: Pick<TrendsResult, 'images'>,
  method: string,
  views: readonly StripView[],
  pictures: ReadonlyMap<number, PixelImage>,
): string | undefined {
  const steps = views[0]?.shown.map((i) => views[0]!.strip.steps[i]!);
  if (!steps || views.some(({ shown, strip }) => shown.some((i, k) => strip.steps[i] !== steps[k]))) return undefined;
  return mapGrid({
    columns: ['image', ...steps.map(formatCount)],
    rows: views.map(({ strip, maps, limit }) => {
      const picture = pictures.get(strip.image);
      return {
        title: stripImageName(result, strip),
        cells: [{ picture }, ...maps.map((map) => ({ map: { ...map, limit } }))],
      };
    }),
    scaleTitle: 'for the class (warm) or against it (blue); each row has one limit',
    label: `Maps by ${method} of ${views.length} images, from step ${steps[0]!} to step ${steps.at(-1)!}`,
    cell: 64,
  });
}
