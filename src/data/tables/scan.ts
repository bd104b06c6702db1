/** What the columns of tables hold, found out by reading all rows once; nothing of them is kept but labels and splits. */
import { InputError } from '../../errors.js';
import { MAX_CLASSES } from '../class-names.js';
import { bytesText, countText, printable } from '../printable.js';
import { cellText, isList, kindOf, listDims, numberIn, placeText, quoted, type CellKind } from './cells.js';
import type { Cell, CellPlace, Table } from './table.js';

/** What a column holds over all tables. */
export interface ColumnFacts {
  /** How many cells of each kind. */
  readonly counts: Readonly<Record<CellKind, number>>;
  /** The first cell of each kind. */
  readonly first: Readonly<Partial<Record<CellKind, CellPlace>>>;
  /** Dimensions of its lists. */
  readonly dims: readonly number[] | undefined;
  /** The first list that has other dimensions than those before it, or no numbers. */
  readonly otherDims: CellPlace | undefined;
}

/** One table once it was read. */
export interface ScannedTable {
  readonly table: Table;
  /** Where the table has each column of the first one. */
  readonly order: readonly number[];
  readonly length: number;
  /** Of each row: the place of its label in `Scan.labels`. */
  readonly labels: readonly number[];
  /** Of each row: the place of its word in `Scan.splits`; not all rows where these are empty. */
  readonly splits: readonly number[];
}

/** What tables hold. */
export interface Scan {
  readonly columns: readonly string[];
  readonly facts: readonly ColumnFacts[];
  readonly tables: readonly ScannedTable[];
  /** The different labels, each where it was met first. */
  readonly labels: readonly CellPlace[];
  /** The different words that may be splits, likewise; empty where there are none, or too many for that. */
  readonly splits: readonly CellPlace[];
}

/** What may say which split a row is in. */
export interface SplitWords {
  readonly column: number;
  /** The part of a cell that does. */
  readonly wordOf: (text: string) => string;
}

/** More different words than there are names of splits. */
const MOST_WORDS = 32;

/** Bytes that a row takes while labels and splits are kept. */
const ROW_BYTES = 16;

/**
 * Reads all rows.
 * @param tables which have the same columns, in any order
 * @param label place of the column of labels
 * @throws InputError for columns that are not the same, a row without a label, and more rows than memory has room for
 */
export async function scan(
  tables: readonly Table[],
  label: number,
  split: SplitWords | undefined,
  memoryLimit: number,
): Promise<Scan> {
  const { columns } = tables[0]!;
  const facts = columns.map((_, column) => newFacts(tables.some(({ pictureColumns }) => pictureColumns.has(column))));
  const labels = new Distinct();
  const splits = new Distinct();
  let rows = 0;
  const scanned: ScannedTable[] = [];
  for (const table of tables) {
    const order = orderOf(table, tables[0]!);
    const own = { table, order, length: 0, labels: [] as number[], splits: [] as number[] };
    const wanted = order.filter((column) => !table.pictureColumns.has(column));
    for await (const batch of table.batches(wanted)) {
      order.forEach((from, column) => {
        const cells = batch.columns[from];
        if (cells) facts[column]!.add(cells, batch.length, batch.places, table);
      });
      addLabels(batch.columns[order[label]!]!, batch.places, table, columns[label]!, labels, own.labels);
      const words = split && batch.columns[order[split.column]!];
      if (words && splits.values.length <= MOST_WORDS) {
        for (let i = 0; i < batch.length; i++) {
          own.splits.push(splits.place(split.wordOf(cellText(words[i])), table, batch.places[i]!));
        }
      }
      own.length += batch.length;
      rows += batch.length;
      if (rows * ROW_BYTES > memoryLimit) {
        throw new InputError({
          file: table.shown,
          problem: `holds more rows than fit into the memory limit of ${bytesText(memoryLimit)}`,
          mend: 'raise the limit or give fewer rows',
        });
      }
    }
    scanned.push(own);
  }
  return {
    columns,
    facts,
    tables: scanned,
    labels: labels.values,
    splits: splits.values.length <= MOST_WORDS ? splits.values : [],
  };
}

/** Different values by the order in which they were met, each with where that was. */
class Distinct {
  readonly values: CellPlace[] = [];
  readonly #places = new Map<Cell, number>();

  place(value: Cell, table: Table, at: number): number {
    let place = this.#places.get(value);
    if (place === undefined) {
      place = this.values.push({ table, at, cell: value }) - 1;
      this.#places.set(value, place);
    }
    return place;
  }
}

function addLabels(
  cells: ArrayLike<Cell>,
  places: ArrayLike<number>,
  table: Table,
  name: string,
  labels: Distinct,
  own: number[],
): void {
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    const kind = kindOf(cell, table.typed);
    const isText = typeof cell === 'string' && cell.trim() !== '';
    const fault = (problem: string, mend: string): InputError =>
      new InputError({ file: table.shown, place: placeText(table.counts, places[i]!, name), problem, mend });
    if (kind === 'list' || kind === 'picture' || kind === 'other') {
      throw fault(
        `holds ${kind === 'list' ? 'a list' : 'no value'}, expected a label`,
        'give one class number or name a row',
      );
    }
    // In a column of names, "none" is one; an empty cell never is.
    if (kind === 'missing' && !isText) throw fault('holds no label', 'add it or take the row out');
    own.push(labels.place(cell, table, places[i]!));
    if (labels.values.length > MAX_CLASSES) {
      const isFraction = kind === 'number' && !Number.isInteger(numberIn(cell));
      throw isFraction
        ? fraction({ table, at: places[i]!, cell }, name)
        : fault(
            `the column holds more than ${countText(MAX_CLASSES)} different labels`,
            'choose another `labelColumn`',
          );
    }
  }
}

/** The error for a label such as 0.5. */
export function fraction({ table, at, cell }: CellPlace, name: string): InputError {
  return new InputError({
    file: table.shown,
    place: placeText(table.counts, at, name),
    problem: `the label is ${quoted(cell)}, but classes are whole numbers or names`,
    mend: 'choose another `labelColumn`',
  });
}

function orderOf(table: Table, first: Table): number[] {
  if (table === first) return first.columns.map((_, column) => column);
  const places = new Map(table.columns.map((name, column) => [name, column]));
  const missing = first.columns.find((name) => !places.has(name));
  const extra = table.columns.find((name) => !first.columns.includes(name));
  if (missing === undefined && extra === undefined) return first.columns.map((name) => places.get(name)!);
  const problem =
    missing !== undefined
      ? `has no column "${printable(missing, 60)}", which ${first.shown} has`
      : `has the column "${printable(extra!, 60)}", which ${first.shown} has not`;
  throw new InputError({ file: table.shown, problem, mend: 'give both the same columns' });
}

/** Facts that grow with each batch. */
interface GrowingFacts extends ColumnFacts {
  add(cells: ArrayLike<Cell>, length: number, places: ArrayLike<number>, table: Table): void;
}

function newFacts(isPicture: boolean): GrowingFacts {
  const counts = { number: 0, boolean: 0, text: 0, missing: 0, list: 0, picture: isPicture ? 1 : 0, other: 0 };
  const first: Partial<Record<CellKind, CellPlace>> = {};
  const facts = {
    counts,
    first,
    dims: undefined as readonly number[] | undefined,
    otherDims: undefined as CellPlace | undefined,
    add(cells: ArrayLike<Cell>, length: number, places: ArrayLike<number>, table: Table) {
      for (let i = 0; i < length; i++) {
        const cell = cells[i];
        const kind = kindOf(cell, table.typed);
        if (counts[kind]++ === 0) first[kind] = { table, at: places[i]!, cell };
        if (kind !== 'list' || facts.otherDims || !isList(cell)) continue;
        const dims = listDims(cell);
        facts.dims ??= dims;
        const isSame = dims?.length === facts.dims?.length && dims?.every((dim, axis) => dim === facts.dims![axis]);
        if (!isSame) facts.otherDims = { table, at: places[i]! };
      }
    },
  };
  return facts;
}
