/** Tables that fit the width they are shown in. */
import { printable } from '../data/printable.js';
import { styled, styleOf, textOf, type Line, type Text } from './colour.js';
import { elidePath, padded, widthOf, wordParts, wordsOf, wrapText } from './wrap.js';

/** Characters of a cell. */
const WIDEST = 400;

/** Between columns. */
const GAP = '  ';

/** Words, or what they are made of, stay whole up to this length. */
const LONGEST_PART = 24;

/** Columns of a folder's name that are worth showing. */
const NARROWEST_FOLDER = 4;

/** A stacked table gives titles no more than this share of a line. */
const TITLE_SHARE = 0.4;

/** A column: what it is called, and what it holds where that is no plain text. */
export interface Column {
  readonly title: string;
  /** Numbers stand to the right and are never broken; the middle of a path may be left out. */
  readonly holds?: 'numbers' | 'paths' | undefined;
}

/** A column of numbers, which may be written already. */
export const numbers = (title: string): Column => ({ title, holds: 'numbers' });

/** A column of paths. */
export const paths = (title: string): Column => ({ title, holds: 'paths' });

/** A cell; numbers are written with thousands separators. */
export type Cell = number | Text;

/** A column of a table in this file: its cells are texts that are safe to show. */
interface Measured {
  readonly title: string;
  readonly holds: 'text' | 'numbers' | 'paths';
  readonly natural: number;
  readonly least: number;
}

/**
 * Lines of a table: columns as wide as their widest cell, numbers to the right, a rule under the heading. Where that is
 * wider than `width`, text is broken at words and paths lose their middle; where that is not enough, the cells of a row stand
 * below each other, each beside its title. No number is ever broken or left out.
 */
export function alignedTable(
  heading: readonly (string | Column)[],
  rows: readonly (readonly Cell[])[],
  width = Infinity,
): Line[] {
  const cells = rows.map((row) => heading.map((_, column) => shown(row[column] ?? '')));
  const columns = heading.map((column, at) => {
    const { title, holds } = typeof column === 'string' ? { title: column, holds: undefined } : column;
    const onlyNumbers = rows.length > 0 && rows.every((row) => typeof row[at] === 'number');
    const texts = cells.map((row) => textOf(row[at]!));
    return measured(printable(title, WIDEST), holds ?? (onlyNumbers ? 'numbers' : 'text'), texts);
  });
  const widths = fitted(columns, width - GAP.length * (columns.length - 1));
  if (!widths) return stacked(columns, cells, width);
  const row = (of: readonly Text[]) => rowLines(of, columns, widths);
  const titles = columns.map(({ title }) => styled(title, 'heading'));
  const rule = styled(widths.map((each) => '─'.repeat(each)).join(GAP), 'secondary');
  return [...row(titles), rule, ...cells.flatMap(row)];
}

function shown(cell: Cell): Text {
  if (typeof cell === 'number') return cell.toLocaleString('en-US');
  return styled(printable(textOf(cell), WIDEST), styleOf(cell));
}

/** How wide a column is, and how narrow it may become. */
function measured(title: string, holds: Measured['holds'], texts: readonly string[]): Measured {
  const most = (of: (text: string) => number) => Math.max(0, ...texts.map(of));
  const inside = most(widthOf);
  const natural = Math.max(widthOf(title), inside);
  const least = {
    numbers: inside,
    text: most(longestWhole),
    paths: most((path) =>
      Math.min(widthOf(path), widthOf(path.slice(path.lastIndexOf('/') + 1)) + NARROWEST_FOLDER + 2),
    ),
  }[holds];
  return { title, holds, natural, least: Math.min(natural, Math.max(least, longestWhole(title))) };
}

/** Columns of the longest piece that is not to be broken: a word that holds a digit, however long it is, or a part of another. */
function longestWhole(text: string): number {
  const pieces = wordsOf(text).flatMap((word) => (/\d/.test(word) ? [widthOf(word)] : partWidths(word)));
  return Math.max(0, ...pieces);
}

function partWidths(word: string): number[] {
  return wordParts(word).map((part) => Math.min(LONGEST_PART, widthOf(part)));
}

/** Widths of columns that fit into a room: as wide as they are, the widest ones cut to one size; undefined if none do. */
function fitted(columns: readonly Measured[], room: number): number[] | undefined {
  const at = (limit: number) => columns.map(({ natural, least }) => Math.max(least, Math.min(natural, limit)));
  const sum = (widths: readonly number[]) => widths.reduce((total, each) => total + each, 0);
  let limit = Math.max(0, ...columns.map(({ natural }) => natural));
  while (limit > 0 && sum(at(limit)) > room) limit--;
  const widths = at(limit);
  if (sum(widths) > room) return undefined;
  // What is left over makes columns wider that still need it.
  for (let left = room - sum(widths), column = 0; left > 0 && column < widths.length; column++) {
    const more = Math.min(left, columns[column]!.natural - widths[column]!);
    widths[column]! += more;
    left -= more;
  }
  return widths;
}

/** A row, in as many lines as its highest cell needs. */
function rowLines(cells: readonly Text[], columns: readonly Measured[], widths: readonly number[]): Line[] {
  const blocks = cells.map((cell, column) => cellLines(textOf(cell), widths[column]!, columns[column]!.holds));
  const height = Math.max(1, ...blocks.map(({ length }) => length));
  return Array.from({ length: height }, (_, i) => {
    // Nothing stands behind the last text of a line.
    const last = blocks.findLastIndex((block) => (block[i] ?? '') !== '');
    return blocks.slice(0, last + 1).flatMap((block, column): Text[] => {
      const isNumber = columns[column]!.holds === 'numbers';
      const text = block[i] ?? '';
      const full = column === last && !isNumber ? text : padded(text, widths[column]!, isNumber);
      const cell = cells[column]!;
      return [column > 0 ? GAP : '', styled(full, styleOf(cell))];
    });
  });
}

function cellLines(text: string, width: number, holds: Measured['holds']): string[] {
  return wrapText(holds === 'paths' ? elidePath(text, width) : text, width);
}

/** Rows as paragraphs: a line or more for each cell, titles on the left. */
function stacked(columns: readonly Measured[], rows: readonly (readonly Text[])[], width: number): Line[] {
  const longest = Math.max(...columns.map(({ title }) => widthOf(title)));
  const left = Math.max(2, Math.min(longest, Math.floor(TITLE_SHARE * width)));
  const right = Math.max(2, width - left - GAP.length);
  const grid: Measured[] = [left, right].map((each) => ({ title: '', holds: 'text', natural: each, least: each }));
  return rows.flatMap((row, i) => {
    const filled = row.flatMap((cell, column): Line[] => {
      if (textOf(cell) === '') return [];
      const { title, holds } = columns[column]!;
      const value = holds === 'paths' ? elidePath(textOf(cell), right) : textOf(cell);
      const whole = styled(value, styleOf(cell));
      return rowLines([styled(title, 'secondary'), whole], grid, [left, right]);
    });
    return i > 0 ? ['', ...filled] : filled;
  });
}
