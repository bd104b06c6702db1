/** Plots of an evaluation: for each figure, every method with its interval, and where chance lies. */
import { bottomAxis, bottomAxisHeight, extent, linearScale, niceDomain } from '../../plot/axis.js';
import { formatNumber } from '../../plot/format.js';
import { svg, svgDocument, svgLine, svgText, textWidth } from '../../plot/svg.js';
import type { EvaluateFigure, EvaluateResult } from '../../results/evaluate.js';

/** Figures of one kind, a method each. */
export interface FigureGroup {
  readonly protocol: string;
  readonly figure: string;
  /** What it is in, where the result says so. */
  readonly unit: string | undefined;
  readonly entries: readonly EvaluateFigure[];
}

/** Figures by what they measure, in the order of the result. */
export function figureGroups({ figures, protocols }: Pick<EvaluateResult, 'figures' | 'protocols'>): FigureGroup[] {
  const units = new Map(protocols.map(({ name, unit }) => [name, unit]));
  const groups = new Map<string, EvaluateFigure[]>();
  for (const entry of figures) {
    const key = `${entry.protocol}\n${entry.figure}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map((entries) => ({
    protocol: entries[0]!.protocol,
    figure: entries[0]!.figure,
    unit: units.get(entries[0]!.protocol),
    entries,
  }));
}

/** As much as a phone shows without scrolling. */
const WIDTH = 344;
const rowHeight = 20;
const font = 11;

/** A dot and an interval a method; a dashed line at chance. */
export function intervalPlot({ figure, unit, entries }: FigureGroup, width = WIDTH): string {
  const labelWidth = Math.max(...entries.map(({ method }) => textWidth(method, font))) + 14;
  const valueWidth = Math.max(...entries.map(({ value }) => textWidth(formatNumber(value), font))) + 10;
  const chance = entries[0]!.chance;
  const range = niceDomain(
    extent([...entries.flatMap(({ value, interval }) => [value, ...(interval ?? [])]), ...(chance === undefined ? [] : [chance])]), // prettier-ignore
  );
  const top = 28;
  const bottom = top + rowHeight * entries.length + 4;
  const along = linearScale(range, [labelWidth, width - valueWidth - 12]);
  return svgDocument(
    { width, height: bottom + bottomAxisHeight, label: `${figure}, by method` },
    svgText(4, 16, figure, { size: 13, weight: 600, maxWidth: width - 8 }),
    bottomAxis(bottom, { scale: along, title: unit ?? '', gridTo: top }),
    chance === undefined ? undefined : svgLine(along(chance), top, along(chance), bottom, { stroke: 'muted', 'stroke-dasharray': '3 3' }), // prettier-ignore
    entries.map(({ method, value, interval, distinguishable }, row) => {
      const y = top + rowHeight * (row + 0.5);
      const color = distinguishable === false ? 'outline' : 'series2';
      return [
        svgText(labelWidth - 8, y + 4, method, { anchor: 'end', size: font }),
        interval ? svgLine(along(interval[0]), y, along(interval[1]), y, { stroke: color, 'stroke-width': 2 }) : undefined, // prettier-ignore
        svg('circle', { cx: along(value), cy: y, r: 3.5, fill: color }),
        svgText(width - 4, y + 4, formatNumber(value), { anchor: 'end', size: font, color: 'muted' }),
      ];
    }),
  );
}
