/** Names from outside made safe to show: on one line, no terminal escapes, no reversed text. */
import { oneLine } from '../errors.js';

// Control characters (C0, C1), line and paragraph separators, lone surrogates, marks that turn the direction of text, and
// characters that are not seen at all.
const UNSAFE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A line of a log has no more characters than this. */
const LONGEST_LINE = 8000;

/**
 * Text with every control character written as an escape, at most `limit` characters long (cut in the middle, since a
 * path is told by both its ends).
 */
export function printable(text: string, limit = 160): string {
  const half = Math.floor((limit - 1) / 2);
  const short = text.length > limit ? `${text.slice(0, half)}…${text.slice(-half)}` : text;
  return short.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/**
 * A line for a terminal or a log. Besides control characters it holds no command to the pipeline whose log it may be in:
 * GitHub reads `::…` at the start of a line and `##[…]` anywhere, Azure and TeamCity `##name[…]`.
 */
export function printableLine(text: string): string {
  return printable(text, LONGEST_LINE)
    .replace(/^(\s*):(?=:)/, '$1\\u{3a}')
    .replace(/#(?=#\w*\[)/g, '\\u{23}');
}

/** Indented JSON in which every unsafe character, also one that JSON allows, is an escape of JSON's. */
export function printableJson(value: unknown): string {
  const escaped = (character: string) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join('');
  return JSON.stringify(value, null, 2)
    .replace(UNSAFE, (character) => (character === '\n' ? character : escaped(character)))
    .replace(/#(?=#\w*\[)/g, escaped);
}

/** A short list of names for a message: the first few and how many more there are. */
export function someOf(names: readonly string[], limit = 6): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, limit).map((name) => printable(name, 60));
  return shown.join(', ') + (names.length > limit ? ` and ${names.length - limit} more` : '');
}

/** A whole number with thousands separators, the same on every machine. */
export function countText(value: number): string {
  return value.toLocaleString('en-US');
}

/** A shape as people write it: `1×28×28`. */
export function shapeText(shape: readonly (number | null)[]): string {
  return shape.map((dim) => dim ?? '?').join('×');
}

/** A number of bytes as people write it: `1.5 GiB`. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toPrecision(3)} ${units[power]!}`;
}

/** The message of any thrown value on one line. */
export function reason(error: unknown): string {
  return printable(oneLine(error));
}
