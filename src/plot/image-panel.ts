/** The explained input beside the training images that shaped it ([Pfahler & Morik 2021], Fig. 5). */
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
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  /** Edge of a picture in pixels. */
  readonly cell?: number;
}

const gap = 10;
const titleHeight = 20;
const captionHeight = 30;

/** The query at the left of the first row; the rows of training images to its right, under one another. */
export function imagePanel({ query, rows, label, cell = 84 }: ImagePanelOptions): string {
  const left = cell + 3 * gap;
  const columns = Math.max(...rows.map((row) => row.items.length), 1);
  const titles = Math.max(...rows.map((row) => textWidth(row.title, 11)), 0);
  const rowHeight = titleHeight + cell + captionHeight + gap;
  const width = gap + left + Math.max(columns * (cell + gap), titles);
  return svgDocument(
    { width, height: gap + Math.max(rows.length, 1) * rowHeight, label },
    svgText(gap, gap + 10, 'input', { color: 'muted' }),
    panelItem(query, gap, gap + titleHeight, cell),
    rows.map((row, r) => {
      const y = gap + r * rowHeight;
      return svg(
        'g',
        {},
        svgText(gap + left, y + 10, row.title, { color: 'muted' }),
        row.items.map((entry, i) => panelItem(entry, gap + left + i * (cell + gap), y + titleHeight, cell)),
      );
    }),
  );
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
