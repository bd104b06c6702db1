/** Tables on a terminal. */
import { printable } from '../data/printable.js';

/** Characters of a cell. */
const WIDEST = 400;

/**
 * Lines of a table: columns as wide as their widest cell, numbers to the right, a rule under the heading.
 * @param heading names of the columns
 * @param rows cells; numbers are written with thousands separators
 */
export function alignedTable(heading: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const texts = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : printable(cell, WIDEST))),
  );
  const widths = heading.map((name, column) => Math.max(name.length, ...texts.map((row) => row[column]?.length ?? 0)));
  const rightAligned = heading.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (rightAligned[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [line(heading), widths.map((width) => '─'.repeat(width)).join('  '), ...texts.map(line)];
}
