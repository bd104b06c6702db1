/** Text that fits into a width, in the columns of a terminal. */
import stringWidth from 'string-width';
import { piecesOf, styled, styleOf, textOf, type Line, type Text } from './colour.js';

/** Columns that a text takes: wide characters take two, marks that combine none. */
export function widthOf(text: string): number {
  // Nearly every text is of plain characters only.
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/** A text brought to a width by spaces behind it, or in front of it. */
export function padded(text: string, width: number, right = false): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? space + text : text + space;
}

/** From one place of a text to another. */
type Range = readonly [number, number];

/**
 * A line in lines of at most `width` columns: broken at spaces, and a word longer than a line wherever it may be. What
 * begins with spaces goes on below them.
 */
export function wrapLine(line: Line, width: number): Line[] {
  const pieces = piecesOf(line);
  const text = pieces.map(textOf).join('');
  if (widthOf(text) <= width) return [line];
  const indent = /^ */.exec(text)![0].slice(0, Math.floor(width / 2));
  const [first, ...others] = rangesOf(text, width, indent.length);
  return [cut(pieces, first!), ...others.map((range) => [indent, ...cut(pieces, range)])];
}

/** As {@link wrapLine}, of plain text. */
export function wrapText(text: string, width: number): string[] {
  return wrapLine(text, width).map((line) => piecesOf(line).map(textOf).join(''));
}

/** A word with the space before it; a percent sign goes with its number. */
const WORD = / *[^ ]+(?: %[^ ]*)?/g;

/** Words of a text, between which it is broken. */
export function wordsOf(text: string): string[] {
  return Array.from(text.matchAll(WORD), ([word]) => word.trimStart());
}

/** Where the lines of a text begin and end; those after the first have `indent` columns less. */
function rangesOf(text: string, width: number, indent: number): Range[] {
  const ranges: Range[] = [];
  let start = 0;
  let end = 0;
  const room = () => width - (ranges.length > 0 ? indent : 0);
  const close = () => {
    if (end > start) ranges.push([start, end]);
  };
  for (const match of text.matchAll(WORD)) {
    const [word] = match;
    const stop = match.index + word.length;
    if (widthOf(text.slice(start, stop)) <= room()) {
      end = stop;
      continue;
    }
    close();
    start = end = match.index + (ranges.length > 0 ? /^ */.exec(word)![0].length : 0);
    for (const part of partsOf(text.slice(start, stop), width - indent)) {
      if (end > start && widthOf(text.slice(start, end) + part) > room()) {
        close();
        start = end;
      }
      end += part.length;
    }
  }
  close();
  return ranges.length > 0 ? ranges : [[0, 0]];
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Where a long name is broken first: behind punctuation, but never inside of a number. */
const BREAK = /(?<=[./_:-])(?![\d./_:-])/;

/** Parts of a long word, between which it is broken. */
export function wordParts(word: string): string[] {
  return word.split(BREAK);
}

/** What of a word stays together; of a part that is longer than a line, characters with their marks. */
function partsOf(word: string, width: number): string[] {
  return wordParts(word).flatMap((part) => {
    if (widthOf(part) <= width) return [part];
    return Array.from(graphemes.segment(part), ({ segment }) => segment);
  });
}

/** A range of a line that is in pieces. */
function cut(pieces: readonly Text[], [start, end]: Range): Text[] {
  let at = 0;
  return pieces.flatMap((piece) => {
    const text = textOf(piece);
    const part = text.slice(Math.max(0, start - at), Math.max(0, end - at));
    at += text.length;
    return part === '' ? [] : [styled(part, styleOf(piece))];
  });
}

/**
 * A path in at most `width` columns: `photos/train/…/0001.png`. What is left out is in the middle; where not even the file's
 * name fits, nothing is.
 */
export function elidePath(path: string, width: number): string {
  if (widthOf(path) <= width) return path;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const room = width - widthOf(name) - 2;
  if (room < 1 || name === path) return path;
  let start = '';
  for (const { segment } of graphemes.segment(path.slice(0, path.lastIndexOf('/')))) {
    if (widthOf(start + segment) > room) break;
    start += segment;
  }
  return `${start}…/${name}`;
}
