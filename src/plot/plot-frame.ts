/** What plots of x against y have in common: title, legend, axes, and the area between them. */
import {
  axisFont,
  bottomAxis,
  bottomAxisHeight,
  leftAxis,
  leftAxisTitleHeight,
  leftAxisWidth,
  linearScale,
  niceTicks,
  type Scale,
} from './axis.js';
import { formatTicks } from './format.js';
import { legend, type LegendEntry } from './legend.js';
import type { Content } from './markup.js';
import { svg, svgDocument, svgLine, svgText, textWidth } from './svg.js';

/** A vertical axis. */
export interface FrameAxis {
  readonly yTitle: string;
  readonly yRange: readonly [number, number];
}

/** What surrounds the drawing. */
export interface PlotFrameOptions extends FrameAxis {
  readonly title: string | undefined;
  readonly xTitle: string;
  readonly xRange: readonly [number, number];
  /** More areas below the first, over the same x axis, each as high as the first. */
  readonly below?: readonly FrameAxis[];
  /** One entry a series; a single series needs no key, and gets none. */
  readonly key: readonly LegendEntry[];
  /** Vertical grid lines from the ticks of the x axis. */
  readonly verticalGrid?: boolean;
  /** A line through all areas that a page can move along x: see {@link markerClass}. */
  readonly marker?: boolean;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
}

/** Where the drawing goes: its scales from values to pixels, its upper left corner, and the document around it. */
export interface PlotFrame {
  readonly along: Scale;
  readonly up: Scale;
  /** The vertical scale of each area, the first included. */
  readonly ups: readonly Scale[];
  readonly left: number;
  readonly top: number;
  /** The whole picture as an SVG document, `content` drawn over the grid. */
  readonly document: (...content: readonly Content[]) => string;
}

/**
 * The class of the line that a page can move. It is hidden, and says where it can go: `data-from` and `data-to` are x values,
 * at `data-start` and `data-end` pixels.
 */
export const markerClass = 'step-marker';

/** Lays out a plot: the title, the legend below it, and as much room as they leave for the axes. */
export function plotFrame(options: PlotFrameOptions): PlotFrame {
  const { title, xTitle, yTitle, xRange, yRange, key, verticalGrid = false, label, width, height } = options;
  const { below = [], marker = false } = options;
  const areas = [{ yTitle, yRange }, ...below].map((area) => ({
    ...area,
    ticks: below.length > 0 ? fewTicks(area.yRange) : niceTicks(area.yRange),
  }));
  const left = Math.max(...areas.map(({ ticks }) => leftAxisWidth(ticks))) + 4;
  const titleHeight = title === undefined ? 4 : 24;
  const { content: keyContent, height: keyHeight } = legend(key, left, titleHeight, width - left);
  const top = titleHeight + keyHeight + leftAxisTitleHeight;
  const bottom = height - bottomAxisHeight;
  const gap = leftAxisTitleHeight + 10;
  const areaHeight = (bottom - top - gap * below.length) / areas.length;
  // The last label stands under the end of the axis, half of it beyond.
  const lastLabel = formatTicks(niceTicks(xRange)).at(-1) ?? '';
  const along = linearScale(xRange, [left, width - Math.max(16, Math.ceil(textWidth(lastLabel, axisFont) / 2) + 2)]);
  const ups = areas.map(({ yRange: range }, i) => {
    const start = top + i * (areaHeight + gap);
    return linearScale(range, [start + areaHeight, start]);
  });
  const axes = areas.map(({ yTitle: name, ticks }, i) => [
    leftAxis(left, { scale: ups[i]!, title: name, ticks, gridTo: along.range[1] }),
    // The lowest has the axis of all.
    i < below.length
      ? svgLine(left, ups[i]!.range[0], along.range[1], ups[i]!.range[0], { stroke: 'outline' })
      : undefined,
  ]);
  const document = (...content: readonly Content[]) =>
    svgDocument(
      { width, height, label },
      title === undefined ? undefined : svgText(4, 16, title, { size: 13, weight: 600, maxWidth: width - 8 }),
      keyContent,
      axes,
      bottomAxis(bottom, { scale: along, title: xTitle, ...(verticalGrid && { gridTo: top }) }),
      ...content,
      marker ? movable(along, top, bottom) : undefined,
    );
  return { along, up: ups[0]!, ups, left, top, document };
}

/** Three or four ticks, for a low area; more where round values would leave but one or two. */
function fewTicks(range: readonly [number, number]): number[] {
  const few = niceTicks(range, 3);
  return few.length < 3 ? niceTicks(range) : few;
}

function movable({ domain, range }: Scale, top: number, bottom: number): Content {
  return svg(
    'g',
    {
      class: markerClass,
      visibility: 'hidden',
      'data-from': String(domain[0]),
      'data-to': String(domain[1]),
      'data-start': range[0],
      'data-end': range[1],
    },
    svgLine(0, top - 4, 0, bottom, { stroke: 'ink', 'stroke-width': 1.5 }),
  );
}
