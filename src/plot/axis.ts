/** Linear scales, round ticks, and axes with titles. */
import { formatTicks } from './format.js';
import { fragment, type Markup } from './markup.js';
import { svgLine, svgText, textWidth } from './svg.js';

/** Maps values to pixels. */
export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
}

/** A scale that takes the domain's ends to the range's; a domain of one value maps to the middle. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [from, to] = domain;
  const [start, end] = range;
  const scale = (value: number) =>
    to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start);
  return Object.assign(scale, { domain, range });
}

/** About `count` round values (1, 2, 2.5 or 5 times a power of ten apart) inside a domain, ascending. */
export function niceTicks([from, to]: readonly [number, number], count = 5): number[] {
  const low = Math.min(from, to);
  const high = Math.max(from, to);
  if (!(high > low)) return [low];
  const step = niceStep((high - low) / count);
  // A tick at the very end of the domain must not be lost to rounding.
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(15)));
}

/** The domain widened to ticks, so that an axis begins and ends on one. */
export function niceDomain(domain: readonly [number, number], count = 5): [number, number] {
  let [low, high] = domain;
  if (!(high > low)) {
    const margin = Math.abs(low) > 0 ? Math.abs(low) / 2 : 1;
    [low, high] = [low - margin, high + margin];
  }
  const step = niceStep((high - low) / count);
  const round = (value: number) => Number((value * step).toPrecision(15));
  return [round(Math.floor(low / step + 1e-9)), round(Math.ceil(high / step - 1e-9))];
}

/** Smallest and largest finite value; [0, 1] when there is none. */
export function extent(values: Iterable<number>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const fraction = rough / power;
  return power * ([1, 2, 2.5, 5].find((candidate) => fraction <= candidate * (1 + 1e-9)) ?? 10);
}

/** How an axis is drawn. */
export interface AxisOptions {
  readonly scale: Scale;
  /** What is measured, with its unit: "loss, nats". */
  readonly title: string;
  readonly ticks?: readonly number[];
  /** How far grid lines reach across the plot; none when left out. */
  readonly gridTo?: number;
}

/** Font sizes and distances, in pixels. */
export const axisFont = 11;
const tickLength = 4;

/** A horizontal axis at height y, its labels and title below; needs {@link bottomAxisHeight} pixels. */
export function bottomAxis(y: number, { scale, title, ticks = niceTicks(scale.domain), gridTo }: AxisOptions): Markup {
  const labels = formatTicks(ticks);
  const [start, end] = scale.range;
  return fragment(
    gridTo === undefined
      ? undefined
      : ticks.map((tick) => svgLine(scale(tick), y, scale(tick), gridTo, { 'stroke-opacity': 0.6 })),
    svgLine(start, y, end, y, { stroke: 'outline' }),
    ticks.map((tick) => svgLine(scale(tick), y, scale(tick), y + tickLength, { stroke: 'outline' })),
    ticks.map((tick, i) =>
      svgText(scale(tick), y + tickLength + axisFont, labels[i]!, { color: 'muted', anchor: 'middle' }),
    ),
    svgText((start + end) / 2, y + tickLength + 2 * axisFont + 6, title, { anchor: 'middle' }),
  );
}

/** Space below a plot for a {@link bottomAxis}. */
export const bottomAxisHeight = tickLength + 2 * axisFont + 12;

/**
 * A vertical axis at x, its labels to the left; the title stands above it, level, where it is read most easily.
 * Needs {@link leftAxisWidth} pixels, and {@link leftAxisTitleHeight} above.
 */
export function leftAxis(x: number, { scale, title, ticks = niceTicks(scale.domain), gridTo }: AxisOptions): Markup {
  const labels = formatTicks(ticks);
  const [start, end] = scale.range;
  return fragment(
    gridTo === undefined
      ? undefined
      : ticks.map((tick) => svgLine(x, scale(tick), gridTo, scale(tick), { 'stroke-opacity': 0.6 })),
    svgLine(x, start, x, end, { stroke: 'outline' }),
    ticks.map((tick) => svgLine(x - tickLength, scale(tick), x, scale(tick), { stroke: 'outline' })),
    ticks.map((tick, i) => svgText(x - tickLength - 3, scale(tick) + 4, labels[i]!, { color: 'muted', anchor: 'end' })),
    svgText(x - leftAxisWidth(ticks) + 2, Math.min(start, end) - 10, title),
  );
}

/** Space left of a plot for a {@link leftAxis} with these ticks. */
export function leftAxisWidth(ticks: readonly number[]): number {
  return Math.ceil(Math.max(...formatTicks(ticks).map((label) => textWidth(label, axisFont)), 0)) + tickLength + 6;
}

/** Space above a plot for the title of a {@link leftAxis}. */
export const leftAxisTitleHeight = 24;
