/** Lists as Parquet. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Cell, CellType, List } from './list.js';

/** A list as Parquet: null is what is not known. */
export function listParquet({ columns, rows }: List): Uint8Array {
  const columnData = columns.map(({ name, type }, c) => ({
    name,
    type: type === 'integer' && rows.some((row) => !isInt32(row[c])) ? 'DOUBLE' : PARQUET_TYPES[type],
    nullable: true,
    data: rows.map((row) => row[c] ?? null),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

const PARQUET_TYPES = { text: 'STRING', integer: 'INT32', number: 'DOUBLE', flag: 'BOOLEAN' } as const satisfies Record<
  CellType,
  string
>;

const isInt32 = (cell: Cell) => typeof cell !== 'number' || Math.abs(cell) < 2 ** 31;
