/** SVG elements and documents as strings. */
import { isColor, palette } from './colors.js';
import { openTag, render, type MarkupAttributes, type MarkupValue, type Content, type Markup } from './markup.js';

/** Families in the order of preference; the last ones exist everywhere. */
export const fontFamily = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";

/**
 * An element. `fill` and `stroke` may name a colour of the palette: the light value is written as the attribute, and a
 * class lets a page overrule it.
 */
export function svg(name: string, attributes: MarkupAttributes = {}, ...content: readonly Content[]): Markup {
  const written: Record<string, MarkupValue> = {};
  const classes: string[] = [];
  for (const [key, value] of Object.entries(attributes)) {
    if ((key === 'fill' || key === 'stroke') && typeof value === 'string' && isColor(value)) {
      classes.push(`${key}-${value}`);
      written[key] = palette[value][0];
    } else written[key] = value;
  }
  if (classes.length > 0) written.class = classes.join(' ');
  const inner = render(content);
  return { markup: openTag(name, written) + (inner === '' ? '/>' : `>${inner}</${name}>`) };
}

/** Size, colour and place of a text; what is left out is as in the rest of the plot. */
export interface TextStyle {
  readonly size?: number;
  readonly color?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: number;
  /** Degrees clockwise about the text's own position. */
  readonly rotate?: number;
  /** Longest allowed width; longer text ends in "…" and is shown in full as a tooltip. */
  readonly maxWidth?: number;
}

/** Text at a position of its baseline. */
export function svgText(x: number, y: number, content: string, style: TextStyle = {}): Markup {
  const { size = 11, color = 'ink', anchor, weight, rotate, maxWidth } = style;
  const shown = maxWidth === undefined ? content : fitText(content, maxWidth, size);
  const attributes = {
    x,
    y,
    'font-size': size,
    fill: color,
    'text-anchor': anchor === 'start' ? undefined : anchor,
    'font-weight': weight,
    transform:
      rotate === undefined ? undefined : `rotate(${rotate} ${Math.round(x * 100) / 100} ${Math.round(y * 100) / 100})`,
  };
  return svg('text', attributes, shown === content ? undefined : svg('title', {}, content), shown);
}

/** A straight line. */
export function svgLine(x1: number, y1: number, x2: number, y2: number, attributes: MarkupAttributes = {}): Markup {
  return svg('line', { x1, y1, x2, y2, stroke: 'rule', ...attributes });
}

/** What a document needs besides its parts. */
export interface DocumentOptions {
  readonly width: number;
  readonly height: number;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
}

/** A whole SVG: drawn on the plate's colour, sized in pixels, and scalable. */
export function svgDocument({ width, height, label }: DocumentOptions, ...content: readonly Content[]): string {
  const w = Math.ceil(width);
  const h = Math.ceil(height);
  return svg(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width: w,
      height: h,
      viewBox: `0 0 ${w} ${h}`,
      role: 'img',
      'aria-label': label,
      'font-family': fontFamily,
    },
    svg('rect', { width: w, height: h, fill: 'plate' }),
    content,
  ).markup;
}

/** Lets a finished SVG stand as content of a page. */
export function embedSvg(document: string): Markup {
  return { markup: document };
}

/** A path through points; points that would not move it by a twentieth of a pixel are left out. */
export function linePath(points: readonly (readonly [number, number])[]): string {
  let path = '';
  for (let i = 0; i < points.length; i++) {
    const [x, y] = points[i]!;
    const before = points[i - 1];
    const after = points[i + 1];
    if (before && after && Math.abs(before[1] - y) < 0.05 && Math.abs(after[1] - y) < 0.05) continue;
    path += `${path === '' ? 'M' : 'L'}${tenth(x)},${tenth(y)}`;
  }
  return path;
}

function tenth(value: number): string {
  return String(Math.round(value * 10) / 10 || 0);
}

/**
 * Estimated width of a text in pixels, in a wide sans-serif (fonts differ; too wide an estimate costs a little space, too
 * narrow a one would cut text off).
 */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const character of text) ems += widthInEms(character);
  return ems * size;
}

/** The text, or as much of its beginning as fits with "…". */
export function fitText(text: string, maxWidth: number, size: number): string {
  if (textWidth(text, size) <= maxWidth) return text;
  let ems = 0;
  let shown = '';
  for (const character of text) {
    ems += widthInEms(character);
    // Added up as `textWidth` does, so that rounding says the same there.
    if ((ems + widthInEms('…')) * size > maxWidth) break;
    shown += character;
  }
  return `${shown.trimEnd()}…`;
}

function widthInEms(character: string): number {
  if (/[ijl|!.,:;'`I ]/.test(character)) return 0.34;
  if (/[mwMW@%…—]/.test(character)) return 0.96;
  if (/[A-Z&#+=<>~×−]/.test(character)) return 0.74;
  if (/\p{M}/u.test(character)) return 0;
  // East Asian scripts and emoji fill the whole em.
  if (character.codePointAt(0)! >= 0x1100) return 1.05;
  return 0.62;
}
