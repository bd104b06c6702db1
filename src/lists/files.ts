/** Lists as files that other tools read: CSV (RFC 4180) and Parquet, with the same cells. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { formulaGuarded } from '../spreadsheet.js';
import type { Cell, CellType, List } from './list.js';

/** A list as CSV: lines end in CR LF, empty is what is not known. */
export function listCsv({ columns, rows }: List): string {
  const lines = rows.map((row) => row.map((cell, c) => field(cell, columns[c]!.type)).join());
  return [columns.map(({ name }) => csvText(name)).join(), ...lines, ''].join('\r\n');
}

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

function field(cell: Cell, type: CellType): string {
  if (cell === null || cell === undefined) return '';
  return type === 'text' ? csvText(String(cell)) : String(cell);
}

/** Text as a field: quoted where it has to be; a formula in a name must stay text in a spreadsheet. */
function csvText(text: string): string {
  const safe = formulaGuarded(text);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
