/** Lists of a result as tables, for spreadsheets, data frames and shells. */

/** What a cell holds; null and undefined where something is not known. */
export type Cell = string | number | boolean | null | undefined;

/** What the cells of a column hold. */
export type CellType = 'text' | 'integer' | 'number' | 'flag';

/** A table with a name, which its files have too. */
export interface List {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: CellType }[];
  /** Cells in the order of the columns. */
  readonly rows: readonly (readonly Cell[])[];
}

/** A column and what it holds of an entry. */
export interface ListColumn<E> {
  readonly name: string;
  readonly type: CellType;
  readonly cell: (entry: E) => Cell;
}

const column =
  (type: CellType) =>
  <E>(name: string, cell: (entry: E) => Cell): ListColumn<E> => ({ name, type, cell });

/** A column of text. */
export const text = column('text');
/** A column of whole numbers: counts, indices, classes. */
export const integer = column('integer');
/** A column of numbers. */
export const number = column('number');
/** A column of yes and no. */
export const flag = column('flag');

/** Makes a list of entries. */
export function list<E>(name: string, entries: readonly E[], columns: readonly ListColumn<E>[]): List {
  return {
    name,
    columns: columns.map(({ name: title, type }) => ({ name: title, type })),
    rows: entries.map((entry) => columns.map(({ cell }) => cell(entry))),
  };
}
