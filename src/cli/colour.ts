/** Colour: what it means here, and when there is any. */
import { styleText } from 'node:util';

/** What a colour says. */
export type Style = 'good' | 'bad' | 'warning' | 'heading' | 'secondary';

/** Text that stands out, where there is colour. */
export interface Styled {
  readonly text: string;
  readonly style: Style;
}

/** A piece of a line. */
export type Text = string | Styled;

/** A line of text, whole or in pieces. */
export type Line = Text | readonly Text[];

const FORMATS = {
  good: 'green',
  bad: 'red',
  warning: 'yellow',
  heading: 'bold',
  secondary: 'dim',
} as const satisfies Record<Style, string>;

/** Text in a style. */
export function styled(text: string, style: Style | undefined): Text {
  return style === undefined ? text : { text, style };
}

/** The pieces of a line. */
export function piecesOf(line: Line): readonly Text[] {
  return Array.isArray(line) ? (line as readonly Text[]) : [line as Text];
}

/** What a piece says. */
export function textOf(piece: Text): string {
  return typeof piece === 'string' ? piece : piece.text;
}

/** How a piece stands out. */
export function styleOf(piece: Text): Style | undefined {
  return typeof piece === 'string' ? undefined : piece.style;
}

/** What a line says, without its colours. */
export function plainText(line: Line): string {
  return piecesOf(line).map(textOf).join('');
}

/**
 * Text with the escape codes of a style.
 * @param text safe to show: whatever names it holds have been made so before
 */
export function painted(text: string, style: Style): string {
  return text === '' ? '' : styleText(FORMATS[style], text, { validateStream: false });
}

/** The variables that decide on colour. */
export interface ColourVariables {
  readonly NO_COLOR?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

/**
 * Whether a stream gets colours: a terminal does that is not dumb, unless NO_COLOR says no. FORCE_COLOR has the last word, as
 * it has in Node.js.
 */
export function hasColour(isTerminal: boolean, { NO_COLOR, FORCE_COLOR, TERM }: ColourVariables): boolean {
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR);
  return isTerminal && TERM !== 'dumb' && (NO_COLOR ?? '') === '';
}
