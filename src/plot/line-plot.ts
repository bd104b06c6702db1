/** Curves over a common axis: losses, norms and entropies over training, accuracy over the fraction checked. */
import { extent, niceDomain, type Scale } from './axis.js';
import { seriesColor, seriesDash } from './colors.js';
import { BAND_OPACITY, type LegendEntry } from './legend.js';
import type { Content } from './markup.js';
import { plotFrame } from './plot-frame.js';
import { linePath, svg } from './svg.js';

/** One curve; gaps where y is NaN. */
export interface LineSeries {
  readonly name: string;
  /** Ascending. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** A colour of the palette; one for each series in turn when left out. */
  readonly color?: string;
  /** Dash pattern, nothing for a solid line; one for each series in turn when left out. */
  readonly dash?: string | undefined;
  /** Thin and pale: measured values behind their running mean. */
  readonly faint?: boolean;
  /** An area that the curve lies in, such as quartiles: its edges at each x. */
  readonly band?: { readonly lower: ArrayLike<number>; readonly upper: ArrayLike<number> };
}

/** Curves that share a vertical axis. */
export interface LinePanel {
  readonly series: readonly LineSeries[];
  readonly yTitle: string;
  /** Fixed range of the y axis; the data's, rounded, when left out. */
  readonly yDomain?: readonly [number, number];
}

/** What a line plot shows. */
export interface LinePlotOptions extends LinePanel {
  readonly xTitle: string;
  readonly title?: string;
  /** More panels below, over the same x axis: what happens at the same x stands one above another. */
  readonly below?: readonly LinePanel[];
  /** What the legend says; the curves of all panels by name when left out. */
  readonly key?: readonly LegendEntry[];
  /** A line through all panels that a page can move: see plot-frame. */
  readonly marker?: boolean;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}

type Styled = LineSeries & { readonly color: string };

/** Curves in different colours and dashes, with a legend when there are several. */
export function linePlot(options: LinePlotOptions): string {
  const { xTitle, title, below = [], marker, label, width = 480, height = 300 } = options;
  const panels = [options, ...below].map(({ series, yTitle, yDomain }) => ({
    styled: series.map((curve, i) => ({ dash: seriesDash(i), ...curve, color: curve.color ?? seriesColor(i) })),
    axis: { yTitle, yRange: yDomain ?? valueRange(series) },
  }));
  const all = panels.flatMap(({ styled }) => styled);
  const { along, ups, document } = plotFrame({
    title,
    xTitle,
    ...panels[0]!.axis,
    below: panels.slice(1).map(({ axis }) => axis),
    xRange: extent(all.flatMap(({ x }) => extent(Array.from(x)))),
    key: options.key ?? all.map(({ name, color, dash, faint }) => ({ name, color, dash, faint, mark: 'line' })),
    marker,
    label,
    width,
    height,
  });
  return document(
    panels.map(({ styled }, i) => [
      styled.map((curve) => bandOf(curve, along, ups[i]!)),
      styled.map((curve) => lineOf(curve, along, ups[i]!)),
    ]),
  );
}

/** The range of all curves and bands, rounded to ticks. */
export function valueRange(series: readonly LineSeries[]): [number, number] {
  const lists = series.flatMap(({ y, band }) => (band ? [y, band.lower, band.upper] : [y]));
  return niceDomain(extent(lists.flatMap((list) => extent(Array.from(list)))));
}

function lineOf({ x, y, color, dash, faint = false }: Styled, along: Scale, up: Scale): Content {
  return pieces(x, y, along, up).map((points) =>
    points.length === 1
      ? svg('circle', { cx: points[0]![0], cy: points[0]![1], r: 2.5, fill: color })
      : svg('path', {
          d: linePath(points),
          fill: 'none',
          stroke: color,
          'stroke-width': faint ? 0.75 : 1.5,
          'stroke-opacity': faint ? 0.5 : undefined,
          'stroke-dasharray': dash,
          'stroke-linejoin': 'round',
        }),
  );
}

/** The band as areas, broken where an edge is NaN: there with the upper edge, and back with the lower. */
function bandOf({ x, band, color }: Styled, along: Scale, up: Scale): Content {
  if (!band) return undefined;
  const [lower, upper] = [band.lower, band.upper].map((edge) => pieces(x, edge, along, up));
  return upper!.map((there, i) => {
    const back = linePath([...(lower![i] ?? [])].reverse()).replace('M', 'L');
    return svg('path', { d: `${linePath(there)}${back}Z`, fill: color, 'fill-opacity': BAND_OPACITY });
  });
}

/** The curve as runs of pixel positions, broken at NaN. */
function pieces(x: ArrayLike<number>, y: ArrayLike<number>, along: Scale, up: Scale): [number, number][][] {
  const runs: [number, number][][] = [];
  let run: [number, number][] = [];
  for (let i = 0; i <= x.length; i++) {
    if (i < x.length && Number.isFinite(y[i]!)) run.push([along(x[i]!), up(y[i]!)]);
    else if (run.length > 0) {
      runs.push(straightened(thinned(run)));
      run = [];
    }
  }
  return runs;
}

/**
 * At most four points for each pixel column: first, lowest, highest, last. A curve of 278,500 steps looks the same and
 * takes kilobytes.
 */
function thinned(points: [number, number][]): [number, number][] {
  const kept: [number, number][] = [];
  let start = 0;
  while (start < points.length) {
    const column = Math.floor(points[start]![0]);
    let end = start;
    let low = start;
    let high = start;
    while (end < points.length && Math.floor(points[end]![0]) === column) {
      if (points[end]![1] > points[low]![1]) low = end;
      if (points[end]![1] < points[high]![1]) high = end;
      end++;
    }
    const indices = [...new Set([start, Math.min(low, high), Math.max(low, high), end - 1])];
    kept.push(...indices.map((i) => points[i]!));
    start = end;
  }
  return kept;
}

/** No point is further from the line than this, in pixels. */
const TOLERANCE = 0.1;

/** Without points that a straight line goes through anyway: from each point on, as far as one slope fits all in between. */
function straightened(points: readonly [number, number][]): [number, number][] {
  const kept = points.slice(0, 1);
  let [low, high] = [-Infinity, Infinity];
  points.forEach((point, i) => {
    if (i === 0) return;
    const [start, before] = [kept.at(-1)!, points[i - 1]!];
    const slope = point[0] > start[0] ? (point[1] - start[1]) / (point[0] - start[0]) : NaN;
    if (!(slope >= low && slope <= high)) {
      // The one before ends the line, and begins the next.
      kept.push(before === start ? point : before);
      [low, high] = [-Infinity, Infinity];
    }
    const from = kept.at(-1)!;
    const reach = point[0] - from[0];
    if (reach > 0) {
      low = Math.max(low, (point[1] - TOLERANCE - from[1]) / reach);
      high = Math.min(high, (point[1] + TOLERANCE - from[1]) / reach);
    }
  });
  const last = points.at(-1)!;
  if (kept.at(-1) !== last) kept.push(last);
  return kept;
}
