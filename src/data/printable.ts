/** Names from outside made safe to show: on one line, no terminal escapes, no reversed text. */

// Control characters, line and paragraph separators, bidirectional overrides, lone surrogates.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * Text with every control character written as an escape, at most `limit` characters long (cut in the middle, since a
 * path is told by both its ends).
 */
export function printable(text: string, limit = 160): string {
  const half = Math.floor((limit - 1) / 2);
  const short = text.length > limit ? `${text.slice(0, half)}…${text.slice(-half)}` : text;
  return short.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** A short list of names for a message: the first few and how many more there are. */
export function someOf(names: readonly string[], limit = 6): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, limit).map((name) => printable(name, 60));
  return shown.join(', ') + (names.length > limit ? ` and ${names.length - limit} more` : '');
}

/** A whole number with thousands separators, the same on every machine. */
export function count(value: number): string {
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
  const text = error instanceof Error ? error.message : String(error);
  return printable(text.replace(/\s+/g, ' ').trim());
}
