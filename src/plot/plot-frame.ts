/** What plots of x against y have in common: title, legend, axes, and the area between them. */
import {
  bottomAxis,
  bottomAxisHeight,
  leftAxis,
  leftAxisTitleHeight,
  leftAxisWidth,
  linearScale,
  niceTicks,
  type Scale,
} from './axis.js';
import { legend, type LegendEntry } from './legend.js';
import type { Content } from './markup.js';
import { svgDocument, svgText } from './svg.js';

/** What surrounds the drawing. */
export interface PlotFrameOptions {
  readonly title: string | undefined;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
  /** One entry a series; a single series needs no key, and gets none. */
  readonly key: readonly LegendEntry[];
  /** Vertical grid lines from the ticks of the x axis. */
  readonly verticalGrid?: boolean;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
}

/** Where the drawing goes: its scales from values to pixels, its upper left corner, and the document around it. */
export interface PlotFrame {
  readonly along: Scale;
  readonly up: Scale;
  readonly left: number;
  readonly top: number;
  /** The whole picture as an SVG document, `content` drawn over the grid. */
  readonly document: (...content: readonly Content[]) => string;
}

/** Lays out a plot: the title, the legend below it, and as much room as they leave for the axes. */
export function plotFrame(options: PlotFrameOptions): PlotFrame {
  const { title, xTitle, yTitle, xRange, yRange, key, verticalGrid = false, label, width, height } = options;
  const ticks = niceTicks(yRange);
  const left = leftAxisWidth(ticks) + 4;
  const titleHeight = title === undefined ? 4 : 24;
  const { content: keyContent, height: keyHeight } = legend(key, left, titleHeight, width - left);
  const top = titleHeight + keyHeight + leftAxisTitleHeight;
  const bottom = height - bottomAxisHeight;
  const along = linearScale(xRange, [left, width - 16]);
  const up = linearScale(yRange, [bottom, top]);
  const document = (...content: readonly Content[]) =>
    svgDocument(
      { width, height, label },
      title === undefined ? undefined : svgText(4, 16, title, { size: 13, weight: 600, maxWidth: width - 8 }),
      keyContent,
      leftAxis(left, { scale: up, title: yTitle, ticks, gridTo: along.range[1] }),
      bottomAxis(bottom, { scale: along, title: xTitle, ...(verticalGrid && { gridTo: top }) }),
      ...content,
    );
  return { along, up, left, top, document };
}
