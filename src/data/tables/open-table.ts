/** Files that hold tables, by the ending of their names. */
import { printable } from '../printable.js';
import { openCsv } from './csv.js';
import { openJsonLines } from './json-lines.js';
import { openParquet } from './parquet.js';
import type { Table } from './table.js';

const READERS = [
  { endings: /\.(csv|tsv)(\.gz)?$/i, open: openCsv },
  { endings: /\.(jsonl|ndjson)(\.gz)?$/i, open: openJsonLines },
  { endings: /\.parquet$/i, open: openParquet },
] as const;

/** For messages. */
export const TABLE_ENDINGS = ['.csv', '.tsv', '.jsonl', '.ndjson', '.parquet'];

/** Whether a file of this name holds a table. */
export function isTableName(name: string): boolean {
  return READERS.some(({ endings }) => endings.test(name));
}

/** The name of a table without its ending. */
export function tableStem(name: string): string {
  return READERS.reduce((stem, { endings }) => stem.replace(endings, ''), name);
}

/**
 * Opens a table and reads what its columns are called.
 * @param path a file of which `isTableName` holds
 * @throws InputError when it is none
 */
export function openTable(path: string, about: Pick<Table, 'file' | 'folder'>, memoryLimit: number): Promise<Table> {
  const { open } = READERS.find(({ endings }) => endings.test(path))!;
  return open(path, { ...about, shown: printable(path) }, memoryLimit);
}
