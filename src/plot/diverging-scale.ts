/** The scale of maps of signed values. */
import { fragment, type Markup } from './markup.js';
import { svg, svgLine, svgText } from './svg.js';

/** A bar from blue over nothing to the accent, with its ends and zero named. */
export function divergingScale(
  x: number,
  y: number,
  width: number,
  { title, low, high }: { readonly title: string; readonly low: string; readonly high: string },
): Markup {
  const steps = 40;
  const height = 8;
  return fragment(
    svg('rect', { x, y, width, height, fill: 'inset' }),
    Array.from({ length: steps }, (_, i) => {
      const value = (2 * (i + 0.5)) / steps - 1;
      return svg('rect', {
        x: x + (i * width) / steps,
        y,
        width: width / steps,
        height,
        fill: value < 0 ? 'opposing' : 'accent',
        'fill-opacity': Math.abs(value),
      });
    }),
    svgLine(x + width / 2, y - 2, x + width / 2, y + height + 2, { stroke: 'outline' }),
    svgText(x, y + height + 12, low, { size: 10, color: 'muted' }),
    svgText(x + width / 2, y + height + 12, '0', { size: 10, color: 'muted', anchor: 'middle' }),
    svgText(x + width, y + height + 12, high, { size: 10, color: 'muted', anchor: 'end' }),
    svgText(x + width / 2, y + height + 27, title, { anchor: 'middle' }),
  );
}
