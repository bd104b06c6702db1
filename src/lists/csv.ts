/** Lists as CSV (RFC 4180). */
import { formulaGuarded } from '../spreadsheet.js';
import type { Cell, CellType, List } from './list.js';

/** A list as CSV: lines end in CR LF, empty is what is not known. */
export function listCsv({ columns, rows }: List): string {
  const lines = rows.map((row) => row.map((cell, c) => field(cell, columns[c]!.type)).join());
  return [columns.map(({ name }) => csvText(name)).join(), ...lines, ''].join('\r\n');
}

function field(cell: Cell, type: CellType): string {
  if (cell === null || cell === undefined) return '';
  return type === 'text' ? csvText(String(cell)) : String(cell);
}

/** Text as a field: quoted where it has to be; a formula in a name must stay text in a spreadsheet. */
function csvText(text: string): string {
  const safe = formulaGuarded(text);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
