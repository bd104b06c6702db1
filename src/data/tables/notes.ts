/** What is kept of the columns that are no features, to be shown beside examples. */
import { cleanNames } from '../class-names.js';
import { printable } from '../printable.js';
import { cellText } from './cells.js';
import type { Batch } from './table.js';

/** Characters that are kept of a text. */
const NOTE_LIMIT = 500;

/** What is shown beside examples: text by the name of its column. */
export class Notes {
  /** Places of the columns. */
  readonly columns: readonly number[];
  readonly #names: readonly string[];
  readonly #texts: string[][];

  constructor(columns: readonly number[], names: readonly string[], length: number) {
    this.columns = columns;
    this.#names = cleanNames(columns.map((column) => names[column]!));
    this.#texts = columns.map(() => new Array<string>(length).fill(''));
  }

  /** Of one example. */
  readonly of = (index: number): Record<string, string> =>
    Object.fromEntries(this.#names.map((name, i) => [name, this.#texts[i]![index]!]));

  /**
   * Keeps the cells of a batch.
   * @param order where the table has each column
   * @param picked rows of the batch
   * @param start the example that the first of them is
   */
  add(batch: Batch, order: readonly number[], picked: readonly number[], start: number): void {
    this.columns.forEach((column, i) => {
      const cells = batch.columns[order[column]!]!;
      picked.forEach((row, j) => {
        this.#texts[i]![start + j] = printable(cellText(cells[row]), NOTE_LIMIT);
      });
    });
  }
}
