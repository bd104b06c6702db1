/** Legends: the series of a plot by name, over the plot, in as many lines as they need. */
import type { Markup } from './markup.js';
import { svg, svgLine, svgText, textWidth } from './svg.js';

/** A line or dot of a plot, and what it stands for. */
export interface LegendEntry {
  readonly name: string;
  readonly color: string;
  /** Dash pattern of a line, or nothing for a solid one. */
  readonly dash?: string;
  /** A line or a dot. */
  readonly mark: 'line' | 'dot';
}

/** A drawn legend and the height that it takes. */
export interface Legend {
  readonly content: Markup;
  readonly height: number;
}

const font = 11;
const lineHeight = 17;
const markWidth = 22;

/** Entries from left to right, wrapped at `width`; nothing when there is but one series. */
export function legend(entries: readonly LegendEntry[], x: number, y: number, width: number): Legend {
  if (entries.length < 2) return { content: svg('g'), height: 0 };
  let left = x;
  let line = 0;
  const parts = entries.map(({ name, color, dash, mark }) => {
    const needed = Math.min(markWidth + textWidth(name, font) + 14, width);
    if (left > x && left + needed > x + width) {
      left = x;
      line++;
    }
    const middle = y + line * lineHeight + 8;
    const sign =
      mark === 'line'
        ? svgLine(left, middle, left + 18, middle, { stroke: color, 'stroke-width': 2, 'stroke-dasharray': dash })
        : svg('circle', { cx: left + 12, cy: middle, r: 3.5, fill: color });
    const part = svg('g', {}, sign, svgText(left + markWidth, middle + 4, name, { maxWidth: needed - markWidth }));
    left += needed;
    return part;
  });
  return { content: svg('g', {}, parts), height: (line + 1) * lineHeight + 6 };
}
