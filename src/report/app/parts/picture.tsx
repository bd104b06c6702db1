/** A picture out of a sheet. */
import type { VNode } from 'preact';
import { usePage, usePart } from '../context.js';
import { pictureKey, type Pictured } from '../payload.js';

/** What is shown, and how large. */
export interface PictureProps {
  readonly of: Pictured;
  /** Its longer side on the page, in pixels. */
  readonly size: number;
  /** What it shows, for those who cannot see it; empty where that is said beside it. */
  readonly alt: string;
}

/** The picture of an input or an example, enlarged pixels as squares; nothing where there is none. */
export function Picture({ of, size, alt }: PictureProps): VNode | null {
  const { payload } = usePage();
  const place = usePart().pictures[pictureKey(of)];
  if (!place) return null;
  const [index, tile, width, height] = place;
  const sheet = payload.sheets[index]!;
  const scale = size / Math.max(width, height);
  const x = (tile % sheet.columns) * sheet.pitch[0];
  const y = Math.floor(tile / sheet.columns) * sheet.pitch[1];
  const style =
    `width:${width * scale}px;height:${height * scale}px;` +
    `background-size:${sheet.width * scale}px ${sheet.height * scale}px;background-position:${-x * scale}px ${-y * scale}px`;
  const named = alt === '' ? { 'aria-hidden': true as const } : { role: 'img' as const, 'aria-label': alt, title: alt };
  return <span class={`picture sheet-${index}${scale > 1 ? ' pixelated' : ''}`} style={style} {...named} />;
}

/** Tells whether there is a picture of something. */
export function usePictures(): (of: Pictured) => boolean {
  const { pictures } = usePart();
  return (of) => pictureKey(of) in pictures;
}
