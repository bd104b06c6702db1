/** What a cell holds, and what a text in a table without types is taken for. */
import { printable } from '../printable.js';
import type { Cell, PictureCell, Table } from './table.js';

/** Kinds of cells. `missing` is nothing, and what stands for no number (NaN, NA, inf, null) where there could be one. */
export type CellKind = 'number' | 'boolean' | 'text' | 'missing' | 'list' | 'picture' | 'other';

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const NO_NUMBER = /^\s*([+-]?(nan|inf|infinity)|na|n\/a|null|none|<na>)?\s*$/i;
const BOOLEAN = /^(true|false)$/i;

/** Lists in lists that are an array; what is deeper is none. */
const MOST_AXES = 8;

/** The kind of a cell. */
export function kindOf(cell: Cell, typed: boolean): CellKind {
  switch (typeof cell) {
    case 'number':
      return Number.isFinite(cell) ? 'number' : 'missing';
    case 'bigint':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'string':
      return typed ? 'text' : kindOfText(cell);
    case 'undefined':
      return 'missing';
    default:
      if (cell === null) return 'missing';
      if (isList(cell)) return 'list';
      return isPicture(cell) ? 'picture' : 'other';
  }
}

function kindOfText(text: string): CellKind {
  if (isPlainNumber(text) || NUMBER.test(text)) return 'number';
  if (BOOLEAN.test(text)) return 'boolean';
  return NO_NUMBER.test(text) ? 'missing' : 'text';
}

/** Digits and perhaps a point among them, as most cells are: seen sooner than by a regular expression. */
function isPlainNumber(text: string): boolean {
  let points = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) points++;
    else if (code < 48 || code > 57) return false;
  }
  return points <= 1 && text.length > points;
}

/** The number that a cell of kind `number` or `boolean` holds. */
export function numberIn(cell: Cell): number {
  const number = Number(cell);
  // Of text, only truth values are of a kind that has numbers and are none.
  return typeof cell === 'string' && Number.isNaN(number) ? (cell.length === 4 ? 1 : 0) : number;
}

/** Whether a cell holds several values; bytes are none. */
export function isList(cell: Cell): cell is readonly Cell[] {
  return Array.isArray(cell) || (ArrayBuffer.isView(cell) && !(cell instanceof Uint8Array));
}

/** Whether a cell holds the bytes of a file, as Hugging Face stores pictures. */
export function isPicture(cell: Cell): cell is PictureCell {
  return typeof cell === 'object' && cell !== null && 'bytes' in cell && cell.bytes instanceof Uint8Array;
}

/** A cell as text to be shown beside an example, or quoted in a message; not yet made safe. */
export function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? 'no date' : cell.toISOString();
  if (cell instanceof Uint8Array) return `${cell.length} bytes`;
  if (isPicture(cell)) return cell.path ?? `${cell.bytes.length} bytes`;
  if (typeof cell === 'object') return nestedText(cell);
  return String(cell);
}

function nestedText(cell: object): string {
  try {
    return JSON.stringify(cell, (_, value: unknown) => shortened(value));
  } catch {
    // Lists may lie in one another deeper than the stack reaches.
    return 'a nested value';
  }
}

const shortened = (value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? `${value.length} bytes` : value;
};

/** A cell as messages quote it. */
export function quoted(cell: Cell): string {
  if (cell === null || cell === undefined || cell === '') return 'nothing';
  const text = printable(cellText(cell), 60);
  return typeof cell === 'string' && kindOfText(cell) === 'text' ? `"${text}"` : text;
}

/** The dimensions of a list, and of the lists in it; undefined where they differ or hold something else than numbers. */
export function listDims(cell: readonly Cell[], depth = 1): number[] | undefined {
  if (cell.length === 0) return [0];
  if (depth > MOST_AXES) return undefined;
  const first = cell[0];
  if (!isList(first)) {
    for (let i = 0; i < cell.length; i++) {
      const kind = kindOf(cell[i], true);
      if (kind !== 'number' && kind !== 'boolean') return undefined;
    }
    return [cell.length];
  }
  const inner = listDims(first, depth + 1);
  if (!inner) return undefined;
  for (let i = 1; i < cell.length; i++) {
    const other = cell[i];
    const dims = isList(other) ? listDims(other, depth + 1) : undefined;
    if (dims?.length !== inner.length || dims.some((dim, axis) => dim !== inner[axis])) return undefined;
  }
  return [cell.length, ...inner];
}

/** Writes the numbers of a list and of the lists in it, in order, from `at` on; returns the place behind them. */
export function writeList(cell: readonly Cell[], target: Float32Array, at: number): number {
  for (let i = 0; i < cell.length; i++) {
    const element = cell[i];
    if (isList(element)) at = writeList(element, target, at);
    else target[at++] = Number(element);
  }
  return at;
}

/** Where a cell stands, for messages: `line 3, column age`. */
export function placeText(counts: Table['counts'], at: number, column?: string): string {
  const line = `${counts} ${at.toLocaleString('en-US')}`;
  return column === undefined ? line : `${line}, column ${printable(column, 60)}`;
}
