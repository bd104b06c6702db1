/** The rows that are examples, read once it is known which they are. */
import { InputError } from '../../errors.js';
import type { SplitRows } from './rows.js';
import type { ScannedTable } from './scan.js';
import type { Batch, Table } from './table.js';

/**
 * Reads the tables that examples come from once more.
 * @param use gets for each batch which of its rows are examples, and the number of the first of these
 */
export async function eachBatch(
  tables: readonly ScannedTable[],
  { kept }: SplitRows,
  columns: readonly number[],
  use: (
    batch: Batch,
    table: Table,
    order: readonly number[],
    picked: readonly number[],
    start: number,
  ) => void | Promise<void>,
): Promise<void> {
  let start = 0;
  for (const [i, { table, order, length }] of tables.entries()) {
    const rows = kept[i]!;
    let at = 0;
    let before = 0;
    if (rows.length === 0) continue;
    for await (const batch of table.batches(columns.map((column) => order[column]!))) {
      const picked: number[] = [];
      while (at < rows.length && rows[at]! < before + batch.length) picked.push(rows[at++]! - before);
      if (picked.length > 0) await use(batch, table, order, picked, start);
      start += picked.length;
      before += batch.length;
    }
    if (before !== length) {
      throw new InputError({ file: table.shown, problem: 'changed while it was read', mend: 'run the command again' });
    }
  }
}
