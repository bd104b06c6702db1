/** Legends: the series of a plot by name, over the plot, in as many lines as they need. */
import type { Markup } from './markup.js';
import { svg, svgLine, svgText, textWidth } from './svg.js';

/** A line or dot of a plot, and what it stands for. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  /** Dash pattern of a line, or nothing for a solid one. */
  readonly dash?: string;
  /** A line or a dot; a band is an area that a line lies in. */
  readonly mark: 'line' | 'dot' | 'band';
  /** A line that is thin and pale: measured values behind their running mean. */
  readonly faint?: boolean;
}

/** A drawn legend and the height that it takes. */
export interface Legend {
  readonly content: Markup;
  readonly height: number;
}

/** How much of a band is seen: a line in it, and the grid behind it, stay visible. */
export const BAND_OPACITY = 0.18;

const font = 11;
const lineHeight = 17;
const markWidth = 22;

type Style = Omit<LegendEntry, 'name' | 'mark'>;

const signs: Record<LegendEntry['mark'], (x: number, y: number, style: Style) => Markup> = {
  line: (x, y, { color, dash, faint = false }) =>
    svgLine(x, y, x + 18, y, {
      stroke: color,
      'stroke-width': faint ? 1 : 2,
      'stroke-dasharray': dash,
      'stroke-opacity': faint ? 0.6 : undefined,
    }),
  dot: (x, y, { color }) => svg('circle', { cx: x + 12, cy: y, r: 3.5, fill: color }),
  band: (x, y, { color }) =>
    svg('rect', { x, y: y - 5, width: 18, height: 10, fill: color, 'fill-opacity': BAND_OPACITY }),
};

/** Entries from left to right, wrapped at `width`; nothing when there is but one series. */
export function legend(entries: readonly LegendEntry[], x: number, y: number, width: number): Legend {
  if (entries.length < 2) return { content: svg('g'), height: 0 };
  let left = x;
  let line = 0;
  const parts = entries.map(({ name, mark, ...style }) => {
    const needed = Math.min(markWidth + textWidth(name, font) + 14, width);
    if (left > x && left + needed > x + width) {
      left = x;
      line++;
    }
    const middle = y + line * lineHeight + 8;
    const part = svg(
      'g',
      {},
      signs[mark](left, middle, style),
      svgText(left + markWidth, middle + 4, name, { maxWidth: needed - markWidth }),
    );
    left += needed;
    return part;
  });
  return { content: svg('g', {}, parts), height: (line + 1) * lineHeight + 6 };
}
