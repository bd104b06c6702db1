/** A sheet of pictures with captions, in rows. */
import { drawnPart, panelItem, type PanelItem } from './image-panel.js';
import { svgDocument, svgText } from './svg.js';

/** What a sheet shows. */
export interface ImageGridOptions {
  readonly items: readonly PanelItem[];
  readonly title: string;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  readonly columns?: number;
  /** Edge of a picture in pixels. */
  readonly cell?: number;
}

const gap = 10;
const titleHeight = 26;
const captionHeight = 34;

/** Pictures from left to right and top to bottom. */
export function imageGrid({ columns = 10, cell = 84, label, ...sheet }: ImageGridOptions): string {
  const { title, items } = drawnPart(sheet.title, sheet.items);
  const used = Math.max(1, Math.min(columns, items.length));
  const rows = Math.ceil(items.length / used);
  const place = (i: number) => ({
    x: gap + (i % used) * (cell + gap),
    y: titleHeight + Math.floor(i / used) * (cell + captionHeight + gap),
  });
  return svgDocument(
    { width: gap + Math.max(3, used) * (cell + gap), height: titleHeight + rows * (cell + captionHeight + gap), label },
    svgText(gap, 16, title, { color: 'muted' }),
    items.map((item, i) => panelItem(item, place(i).x, place(i).y, cell)),
  );
}
