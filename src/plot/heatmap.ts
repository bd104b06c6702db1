/** Maps of signed values: attributions of pixels or units, alone or over the picture that they explain. */
import { divergingColor } from './colors.js';
import { divergingScale } from './diverging-scale.js';
import { formatNumber } from './format.js';
import { embedPixels, svgImage, type PixelImage } from './pixel-image.js';
import { svg, svgDocument, svgText } from './svg.js';

/** What a heatmap shows. */
export interface HeatmapOptions {
  readonly columns: number;
  readonly rows: number;
  /** Row by row from the top. */
  readonly values: ArrayLike<number>;
  /** The magnitude that gets the full colour; the largest one when left out. Share it to compare maps. */
  readonly limit?: number;
  /** Drawn below the map, turned to grey so that its colours are not taken for values. */
  readonly underlay?: PixelImage;
  readonly title?: string;
  /** What the values are, with their unit. */
  readonly scaleTitle: string;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  /** Width of the map in pixels; its height follows. */
  readonly width?: number;
}

/** Warm where a value supports, blue where it opposes, clear at zero, with the scale. @throws RangeError on a wrong size */
export function heatmap(options: HeatmapOptions): string {
  const { columns, rows, values, underlay, title, scaleTitle, label, width = 224 } = options;
  const limit = options.limit ?? largestMagnitude(values);
  const height = (width * rows) / columns;
  const top = title === undefined ? 8 : 26;
  const image = embedPixels(coloredMap({ columns, rows, values }, limit || 1));
  const margin = 12;
  return svgDocument(
    { width: width + 2 * margin, height: top + height + 58, label },
    title === undefined ? undefined : svgText(margin, 17, title, { size: 13, weight: 600, maxWidth: width }),
    svg('rect', { x: margin, y: top, width, height, fill: 'inset' }),
    underlay
      ? svg('g', { opacity: 0.3 }, svgImage(embedPixels(greyed(underlay)), margin, top, width, height))
      : undefined,
    svgImage(image, margin, top, width, height),
    svg('rect', { x: margin, y: top, width, height, fill: 'none', stroke: 'rule' }),
    divergingScale(margin, top + height + 14, width, {
      title: scaleTitle,
      low: formatNumber(-limit),
      high: formatNumber(limit),
    }),
  );
}

/** Luminance of each pixel (Rec. 601). */
export function greyed({ width, height, channels, data }: PixelImage): PixelImage {
  if (channels === 1) return { width, height, channels, data };
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    const at = i * channels;
    grey[i] = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  }
  return { width, height, channels: 1, data: grey };
}

/** Values as colours, clear at zero. @param limit the magnitude that gets the full colour @throws RangeError on a wrong size */
export function coloredMap(
  { columns, rows, values }: Pick<HeatmapOptions, 'columns' | 'rows' | 'values'>,
  limit: number,
): PixelImage {
  const count = columns * rows;
  if (values.length !== count) throw new RangeError(`${values.length} values for a map of ${count} cells`);
  const data = new Uint8Array(4 * count);
  for (let i = 0; i < count; i++) data.set(divergingColor(values[i]! / limit), 4 * i);
  return { width: columns, height: rows, channels: 4, data };
}

/** The largest magnitude, 0 where there is none. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}
