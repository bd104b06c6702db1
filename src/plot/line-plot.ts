/** Curves over a common axis: losses, norms and entropies over training, accuracy over the fraction checked. */
import { extent, niceDomain, type Scale } from './axis.js';
import { seriesColor, seriesDash } from './colors.js';
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
}

/** What a line plot shows. */
export interface LinePlotOptions {
  readonly series: readonly LineSeries[];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly title?: string;
  /** Fixed range of the y axis; the data's, rounded, when left out. */
  readonly yDomain?: readonly [number, number];
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}

/** Curves in different colours and dashes, with a legend when there are several. */
export function linePlot(options: LinePlotOptions): string {
  const { series, xTitle, yTitle, title, yDomain, label, width = 480, height = 300 } = options;
  const styled = series.map((curve, i) => ({ ...curve, color: curve.color ?? seriesColor(i), dash: seriesDash(i) }));
  const { along, up, document } = plotFrame({
    title,
    xTitle,
    yTitle,
    xRange: extent(series.flatMap(({ x }) => extent(Array.from(x)))),
    yRange: yDomain ?? niceDomain(extent(series.flatMap(({ y }) => extent(Array.from(y))))),
    key: styled.map(({ name, color, dash }) => ({ name, color, dash, mark: 'line' })),
    label,
    width,
    height,
  });
  return document(
    styled.map(({ x, y, color, dash }) =>
      pieces(x, y, along, up).map((points) =>
        points.length === 1
          ? svg('circle', { cx: points[0]![0], cy: points[0]![1], r: 2.5, fill: color })
          : svg('path', {
              d: linePath(points),
              fill: 'none',
              stroke: color,
              'stroke-width': 1.5,
              'stroke-dasharray': dash,
              'stroke-linejoin': 'round',
            }),
      ),
    ),
  );
}

/** The curve as runs of pixel positions, broken at NaN. */
function pieces(x: ArrayLike<number>, y: ArrayLike<number>, along: Scale, up: Scale): [number, number][][] {
  const runs: [number, number][][] = [];
  let run: [number, number][] = [];
  for (let i = 0; i <= x.length; i++) {
    if (i < x.length && Number.isFinite(y[i]!)) run.push([along(x[i]!), up(y[i]!)]);
    else if (run.length > 0) {
      runs.push(thinned(run));
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
