/** What the readers of CSV, Parquet and JSON-lines have in common: rows, a batch at a time, a column after the other. */
import type { InputError } from '../../errors.js';

/** A picture that stands in a cell: an encoded file, such as a JPEG. */
export interface PictureCell {
  readonly bytes: Uint8Array;
  /** As the table calls it. */
  readonly path?: string | undefined;
}

/** What stands in a cell; nothing at all is null or undefined. */
export type Cell = string | number | bigint | boolean | null | undefined | readonly Cell[] | PictureCell | object;

/** Rows one after another. */
export interface Batch {
  readonly length: number;
  /** Cells by column, each column `[length]`; undefined for columns that were not asked for. */
  readonly columns: readonly (ArrayLike<Cell> | undefined)[];
  /** Where each row stands, as messages call it: the line of a text, the row of a Parquet file. */
  readonly places: ArrayLike<number>;
}

/** A file of rows. */
export interface Table {
  /** The file, safe to show. */
  readonly shown: string;
  /** The file below the data set's folder; undefined where it is the data set. */
  readonly file?: string | undefined;
  /** The folder that names of files in its cells are seen from. */
  readonly folder: string;
  /** Names of the columns, all different. */
  readonly columns: readonly string[];
  /** What `places` of batches count. */
  readonly counts: 'line' | 'row';
  /** False for CSV, whose cells are all text: what they mean is found out from how they look. */
  readonly typed: boolean;
  /** Columns that hold pictures, where the file says so before it is read. */
  readonly pictureColumns: ReadonlySet<number>;
  /** Names of the classes that the numbers in this column stand for, where the file says them. */
  readonly classNames: (column: number) => readonly string[] | undefined;
  /**
   * All rows from the first to the last.
   * @param wanted places of the columns to read
   * @throws InputError naming the line or row where the file is damaged
   */
  readonly batches: (wanted: readonly number[]) => AsyncIterable<Batch>;
}

/** A cell that has something wrong, for messages. */
export interface CellPlace {
  readonly table: Pick<Table, 'shown' | 'counts'>;
  /** As `Batch.places`. */
  readonly at: number;
  /** What stands there. */
  readonly cell?: Cell;
}

/** Makes the error of a reader: what is wrong in one of its lines. */
export type LineFault = (line: number, problem: string, mend: string) => InputError;

/** More cells than any row has that means well. */
export const MOST_CELLS = 1_000_000;
