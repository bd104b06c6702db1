/** Maps of signed values in a grid, each with its own scale: methods side by side, or layers one under another. */
import { divergingScale } from './diverging-scale.js';
import { coloredMap, greyed, largestMagnitude } from './heatmap.js';
import { formatNumber } from './format.js';
import type { Markup } from './markup.js';
import { embedPixels, svgImage, type PixelImage } from './pixel-image.js';
import { svg, svgDocument, svgText, textWidth } from './svg.js';

/** A map of values, row by row from the top. */
export interface GridMap {
  readonly columns: number;
  readonly rows: number;
  readonly values: ArrayLike<number>;
  /** The magnitude that gets the full colour; the largest one when left out. */
  readonly limit?: number;
  /** A second line under the map; the limit when left out. */
  readonly detail?: string;
}

/** A picture, a map, or a map over a picture; nothing leaves the cell empty. */
export interface GridCell {
  readonly picture?: PixelImage | undefined;
  readonly map?: GridMap | undefined;
}

/** One row of the grid. */
export interface GridRow {
  readonly title: string;
  readonly cells: readonly GridCell[];
}

/** What a grid shows. */
export interface MapGridOptions {
  readonly columns: readonly string[];
  readonly rows: readonly GridRow[];
  /** What the values are. */
  readonly scaleTitle: string;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  /** Edge of a map in pixels. */
  readonly cell?: number;
}

const gap = 12;
const headHeight = 22;
const captionHeight = 16;
const widestTitle = 170;
const scaleHeight = 52;
const scaleWidth = 300;

/** The grid, column titles above, row titles at the left where there are several rows, one scale below. */
export function mapGrid({ columns, rows, scaleTitle, label, cell = 96 }: MapGridOptions): string {
  const titleWidth = Math.min(widestTitle, Math.max(0, ...rows.map(({ title }) => textWidth(title, 11))) + 16);
  const left = rows.length > 1 ? titleWidth : gap;
  const rowHeight = cell + captionHeight + 6;
  const width = Math.max(left + columns.length * (cell + gap), left + scaleWidth + gap);
  const height = headHeight + rows.length * rowHeight + scaleHeight;
  return svgDocument(
    { width, height, label },
    columns.map((title, c) =>
      svgText(left + c * (cell + gap), 15, title, { size: 11, color: 'muted', maxWidth: cell + gap - 4 }),
    ),
    rows.map(({ title, cells }, r) => {
      const y = headHeight + r * rowHeight;
      return svg(
        'g',
        {},
        rows.length > 1 ? svgText(4, y + cell / 2 + 4, title, { size: 11, maxWidth: titleWidth - 8 }) : undefined,
        cells.map((each, c) => drawCell(each, left + c * (cell + gap), y, cell)),
      );
    }),
    divergingScale(left, headHeight + rows.length * rowHeight + 6, scaleWidth, {
      title: scaleTitle,
      low: '−limit',
      high: '+limit',
    }),
  );
}

function drawCell({ picture, map }: GridCell, x: number, y: number, cell: number): Markup | undefined {
  if (!picture && !map) return undefined;
  const shown = map ?? { columns: picture!.width, rows: picture!.height };
  const scale = cell / Math.max(shown.columns, shown.rows);
  const [width, height] = [shown.columns * scale, shown.rows * scale];
  const limit = map ? (map.limit ?? largestMagnitude(map.values)) : 0;
  return svg(
    'g',
    {},
    svg('rect', { x, y, width, height, fill: 'inset' }),
    picture && !map ? svgImage(embedPixels(picture), x, y, width, height) : undefined,
    picture && map
      ? svg('g', { opacity: 0.3 }, svgImage(embedPixels(greyed(picture)), x, y, width, height))
      : undefined,
    map ? svgImage(embedPixels(coloredMap(map, limit === 0 ? 1 : limit)), x, y, width, height) : undefined,
    svg('rect', { x, y, width, height, fill: 'none', stroke: 'rule' }),
    map
      ? svgText(x, y + cell + 12, map.detail ?? `limit ${formatNumber(limit)}`, {
          size: 9.5,
          color: 'muted',
          maxWidth: cell + gap - 4,
        })
      : undefined,
  );
}
