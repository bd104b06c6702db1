/**
 * Ridge plots: how each class's training steps point, relative to the decision ([Pfahler & Morik 2021], Alg. 3 and Fig.
 * 6).
 */
import { bottomAxis, bottomAxisHeight, extent, linearScale, niceTicks } from './axis.js';
import { formatNumber } from './format.js';
import { fragment, type Markup } from './markup.js';
import { linePath, svg, svgDocument, svgLine, svgText, textWidth } from './svg.js';

/** One density, usually of a class. */
export interface Ridge {
  readonly label: string;
  /** At the plot's x values. */
  readonly density: readonly number[];
  /** A short remark at the right end, such as the class's share. */
  readonly note?: string;
}

/** What a ridge plot shows. */
export interface RidgePlotOptions {
  /** Shared by all ridges, ascending. */
  readonly x: readonly number[];
  /** From top to bottom, at most some ten to be readable. */
  readonly ridges: readonly Ridge[];
  /** Index of the ridge in the accent colour: the predicted class. */
  readonly highlighted?: number;
  /** What the notes say, above them. */
  readonly noteTitle?: string;
  /** Title of the x axis. */
  readonly xTitle?: string;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  readonly width?: number;
}

const rowHeight = 25;
/** How far a ridge may rise, in rows: it overlaps those above it, which shows more than ten flat strips would. */
const overlap = 2.1;
const font = 11;

/** A row a ridge, with one density range and one x axis for all. @throws RangeError when a density does not fit x */
export function ridgePlot(options: RidgePlotOptions): string {
  const { x, ridges, highlighted, noteTitle, xTitle = 'cosine similarity', label, width = 400 } = options;
  const unfit = ridges.find((ridge) => ridge.density.length !== x.length);
  if (unfit) throw new RangeError(`${unfit.density.length} densities of ${unfit.label} at ${x.length} x values`);
  const labelWidth = Math.min(110, Math.max(...ridges.map((ridge) => textWidth(ridge.label, font)), 20)) + 8;
  const notes = [noteTitle ?? '', ...ridges.map((ridge) => ridge.note ?? '')];
  const noteWidth = Math.ceil(Math.max(...notes.map((note) => textWidth(note, font))));
  const scaleWidth = 46;
  const top = rowHeight * (overlap - 1) + 16;
  const base = (row: number) => top + rowHeight * (row + 1);
  const bottom = base(ridges.length - 1) + 8;
  const right = width - noteWidth - scaleWidth;
  const along = linearScale([x[0] ?? -1, x.at(-1) ?? 1], [labelWidth + 4, right]);
  const [, peak] = extent(ridges.flatMap((ridge) => extent(ridge.density)));
  const rise = linearScale([0, peak || 1], [0, rowHeight * overlap]);

  const rows = ridges.map(({ label: name, density, note }, row) => {
    const picked = row === highlighted;
    const outline = linePath(density.map((value, i) => [along(x[i]!), base(row) - rise(value)]));
    const color = picked ? 'accent' : 'ink';
    return svg(
      'g',
      {},
      svg('path', {
        d: `${outline}L${Math.round(along.range[1])},${base(row)}L${Math.round(along.range[0])},${base(row)}Z`,
        fill: picked ? 'accentArea' : 'area',
        'fill-opacity': 0.85,
      }),
      svg('path', {
        d: outline,
        fill: 'none',
        stroke: picked ? 'accent' : 'outline',
        'stroke-width': picked ? 1.6 : 1,
      }),
      svgText(labelWidth, base(row), name, {
        anchor: 'end',
        color,
        weight: picked ? 700 : undefined,
        maxWidth: labelWidth - 4,
      }),
      note === undefined
        ? undefined
        : svgText(width - 2, base(row), note, { anchor: 'end', color: picked ? 'accent' : 'muted' }),
    );
  });

  return svgDocument(
    { width, height: bottom + bottomAxisHeight, label },
    noteTitle === undefined ? undefined : svgText(width - 2, 12, noteTitle, { anchor: 'end', color: 'muted' }),
    along.domain[0] < 0 && along.domain[1] > 0
      ? svgLine(along(0), top - 12, along(0), bottom, { 'stroke-dasharray': '3 3' })
      : undefined,
    ridges.map((_, row) => svgLine(along.range[0], base(row), along.range[1], base(row))),
    rows,
    bottomAxis(bottom, { scale: along, title: xTitle }),
    peak > 0 ? densityScale(right + scaleWidth / 2, base(Math.max(0, ridges.length - 2)), peak, rise) : undefined,
  );
}

/** A bar as high as a round density, so that heights can be read. */
function densityScale(x: number, y: number, peak: number, rise: (density: number) => number): Markup {
  const value = niceTicks([0, peak], 2).at(-1)!;
  const height = rise(value);
  return fragment(
    svgLine(x, y, x, y - height, { stroke: 'outline' }),
    svgLine(x - 3, y, x + 3, y, { stroke: 'outline' }),
    svgLine(x - 3, y - height, x + 3, y - height, { stroke: 'outline' }),
    svgText(x, y - height - 5, formatNumber(value, 2), {
      size: 9,
      color: 'muted',
      anchor: 'middle',
    }),
    svgText(x, y + 12, 'density', { size: 9, color: 'muted', anchor: 'middle' }),
  );
}
