/** Points of two measured values: the approximated against the actual output, and the like. */
import { extent, niceDomain, type Scale } from './axis.js';
import { isColor, palette, seriesColor } from './colors.js';
import type { Markup } from './markup.js';
import { embedPixels, svgImage } from './pixel-image.js';
import { plotFrame } from './plot-frame.js';
import { svg, svgLine, svgText } from './svg.js';

/** Points of one kind; those with a value that is not finite are left out. */
export interface PointSeries {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** A colour of the palette; one for each series in turn when left out. */
  readonly color?: string;
}

/** What a scatter plot shows. */
export interface ScatterPlotOptions {
  readonly series: readonly PointSeries[];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly title?: string;
  /** A remark inside the plot, such as a correlation. */
  readonly note?: string;
  /** Draws the line y = x, and gives both axes the same range. */
  readonly diagonal?: boolean;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}

/** Above so many points a series is drawn as a picture of how densely they lie. */
const pointLimit = 3000;
/** Edge of a cell of that picture, in pixels. */
const cloudCell = 2;

/** Dots with axes; a legend when there are several series. */
export function scatterPlot(options: ScatterPlotOptions): string {
  const { series, xTitle, yTitle, title, note, diagonal = false, label, width = 400, height = 360 } = options;
  const xExtent = extent(series.flatMap(({ x }) => extent(Array.from(x))));
  const yExtent = extent(series.flatMap(({ y }) => extent(Array.from(y))));
  const both = extent([...xExtent, ...yExtent]);
  const xRange = niceDomain(diagonal ? both : xExtent);
  const yRange = niceDomain(diagonal ? both : yExtent);
  const colored = series.map((points, i) => ({ ...points, color: points.color ?? seriesColor(i) }));
  const { along, up, left, top, document } = plotFrame({
    title,
    xTitle,
    yTitle,
    xRange,
    yRange,
    key: colored.map(({ name, color }) => ({ name, color, mark: 'dot' })),
    verticalGrid: true,
    label,
    width,
    height,
  });
  return document(
    diagonal
      ? svgLine(along(xRange[0]), up(xRange[0]), along(xRange[1]), up(xRange[1]), {
          stroke: 'outline',
          'stroke-dasharray': '4 4',
        })
      : undefined,
    colored.map((points) => (points.x.length > pointLimit ? cloud(points, along, up) : dots(points, along, up))),
    note === undefined ? undefined : svgText(left + 8, top + 14, note, { maxWidth: width - left - 32 }),
  );
}

function dots({ x, y, color }: PointSeries, along: Scale, up: Scale): Markup {
  const circles: Markup[] = [];
  for (let i = 0; i < x.length; i++) {
    if (Number.isFinite(x[i]!) && Number.isFinite(y[i]!)) {
      circles.push(svg('circle', { cx: along(x[i]!), cy: up(y[i]!), r: 2.5 }));
    }
  }
  return svg('g', { fill: color, 'fill-opacity': 0.55 }, circles);
}

/** A picture of the plot's area: the more points fall on a cell of it, the more opaque the cell (log scale). */
function cloud({ x, y, color }: PointSeries, along: Scale, up: Scale): Markup {
  const [left, right] = along.range;
  const [bottom, top] = up.range;
  const columns = Math.ceil((right - left) / cloudCell);
  const rows = Math.ceil((bottom - top) / cloudCell);
  const counts = new Uint32Array(columns * rows);
  for (let i = 0; i < x.length; i++) {
    const column = Math.min(columns - 1, Math.floor((along(x[i]!) - left) / cloudCell));
    const row = Math.min(rows - 1, Math.floor((up(y[i]!) - top) / cloudCell));
    if (column >= 0 && row >= 0) counts[row * columns + column]!++;
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const [red, green, blue] = rgb(color ?? 'series1');
  const data = new Uint8Array(columns * rows * 4);
  counts.forEach((count, i) => {
    if (count > 0) data.set([red, green, blue, 100 + (155 * Math.log(count)) / Math.log(most + 1)], 4 * i);
  });
  const image = embedPixels({ width: columns, height: rows, channels: 4, data });
  return svgImage(image, left, top, columns * cloudCell, rows * cloudCell);
}

function rgb(color: string): [number, number, number] {
  const hex = isColor(color) ? palette[color][0] : color;
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as [number, number, number];
}
