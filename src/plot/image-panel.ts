/** The explained input beside the training images that shaped it ([Pfahler & Morik 2021], Fig. 5). */
import { formatCount } from './format.js';
import { enlarged, svgImage, type EmbeddedImage } from './pixel-image.js';
import { svg, svgDocument, svgText, textWidth } from './svg.js';
import type { Markup } from './markup.js';

/** A picture with two lines under it. */
export interface PanelItem {
  /** Left out where the picture cannot be had; the captions then stand alone. */
  readonly image?: EmbeddedImage | undefined;
  readonly caption: string;
  readonly detail: string;
  /** Of the predicted class: the caption is in the accent colour. */
  readonly highlighted?: boolean;
  /** Colour of the frame and the detail; none for the ordinary ones. */
  readonly tone?: 'accent' | 'opposing' | undefined;
}

/** A titled row of pictures. */
export interface PanelRow {
  readonly title: string;
  readonly items: readonly PanelItem[];
}

/** What an image panel shows. */
export interface ImagePanelOptions {
  /** The explained input, first. */
  readonly query: PanelItem;
  readonly rows: readonly PanelRow[];
  /** Pictures beside one another, at most; a longer row goes on below. */
  readonly columns?: number;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  /** Edge of a picture in pixels. */
  readonly cell?: number;
}

/** Pictures of a row, or of a sheet, that are drawn at most; its title says how many there are. */
const MOST_DRAWN = 120;

const gap = 10;
const titleHeight = 20;
const captionHeight = 30;

/** The query at the left of the first row; the rows of training images to its right, under one another. */
export function imagePanel({ query, rows, label, columns = 12, cell = 84 }: ImagePanelOptions): string {
  const left = cell + 3 * gap;
  const drawn = rows.map(({ title, items }) => drawnPart(title, items));
  const used = Math.max(Math.min(columns, Math.max(...drawn.map(({ items }) => items.length))), 1);
  const titles = Math.max(...drawn.map(({ title }) => textWidth(title, 11)), 0);
  const lineHeight = cell + captionHeight + gap;
  const heights = drawn.map(({ items }) => titleHeight + Math.max(1, Math.ceil(items.length / used)) * lineHeight);
  const tops = heights.map((_, r) => heights.slice(0, r).reduce((sum, height) => sum + height, gap));
  const height = heights.reduce((sum, next) => sum + next, gap);
  const width = gap + left + Math.max(used * (cell + gap), titles);
  return svgDocument(
    { width, height: Math.max(height, gap + titleHeight + lineHeight), label },
    svgText(gap, gap + 10, 'input', { color: 'muted' }),
    panelItem(query, gap, gap + titleHeight, cell),
    drawn.map(({ title, items }, r) => {
      const place = (i: number) => ({
        x: gap + left + (i % used) * (cell + gap),
        y: tops[r]! + titleHeight + Math.floor(i / used) * lineHeight,
      });
      return svg(
        'g',
        {},
        svgText(gap + left, tops[r]! + 10, title, { color: 'muted' }),
        items.map((entry, i) => panelItem(entry, place(i).x, place(i).y, cell)),
      );
    }),
  );
}

/** The pictures of a list that are drawn, under a title that says whether that is all of them. */
export function drawnPart(title: string, items: readonly PanelItem[]): PanelRow {
  if (items.length <= MOST_DRAWN) return { title, items };
  return {
    title: `${title}, the first ${MOST_DRAWN} of ${formatCount(items.length)}`,
    items: items.slice(0, MOST_DRAWN),
  };
}

/** A picture in its frame, with two lines under it. */
export function panelItem(
  { image, caption, detail, highlighted, tone }: PanelItem,
  x: number,
  y: number,
  cell: number,
): Markup {
  const picture = image
    ? svgImage(image, x, y, cell, cell)
    : svgText(x + cell / 2, y + cell / 2 + 4, 'no picture', { color: 'muted', anchor: 'middle' });
  const sharp = image !== undefined && enlarged(image, cell);
  return svg(
    'g',
    {},
    image ? undefined : svg('rect', { x, y, width: cell, height: cell, fill: 'inset' }),
    picture,
    svg('rect', {
      x,
      y,
      width: cell,
      height: cell,
      fill: 'none',
      stroke: tone ?? 'rule',
      'stroke-width': tone === undefined ? 1 : 2,
      'shape-rendering': sharp ? 'crispEdges' : undefined,
    }),
    svgText(x, y + cell + 13, caption, { color: highlighted ? 'accent' : 'ink', maxWidth: cell + gap - 2 }),
    svgText(x, y + cell + 26, detail, { color: tone ?? 'muted', maxWidth: cell + gap - 2 }),
  );
}
