/** JSON-lines: an object a line, all with the same keys, which are the columns. */
import { InputError } from '../../errors.js';
import { openBytes } from '../byte-reader.js';
import { countText, printable, reason } from '../printable.js';
import { MOST_CELLS, type Batch, type Cell, type LineFault, type Table } from './table.js';
import { damagedText, textLines } from './text.js';

const BATCH_CELLS = 1 << 14;

interface Row {
  readonly object: Readonly<Record<string, Cell>>;
  readonly line: number;
}

/**
 * Opens a file of JSON-lines; the keys of its first object are the columns.
 * @param path the file, gzipped or not
 * @param about how the table is called, and where the files are that it names
 * @throws InputError when its first line is no object
 */
export async function openJsonLines(path: string, about: Pick<Table, 'shown' | 'file' | 'folder'>): Promise<Table> {
  const { shown } = about;
  const fault: LineFault = (line, problem, mend) => {
    return new InputError({ file: shown, place: `line ${countText(line)}`, problem, mend });
  };
  const rows = (): AsyncGenerator<Row> => readRows(path, fault);
  const columns = await keysOf(rows(), shown, fault);
  return {
    ...about,
    columns,
    counts: 'line',
    typed: true,
    pictureColumns: new Set(),
    classNames: () => undefined,
    batches: (wanted) => inBatches(rows(), columns, wanted, fault),
  };
}

async function keysOf(rows: AsyncGenerator<Row>, shown: string, fault: LineFault): Promise<string[]> {
  for await (const { object, line } of rows) {
    const keys = Object.keys(object);
    if (keys.length > MOST_CELLS) throw fault(line, `has more than ${countText(MOST_CELLS)} keys`, 'give fewer');
    return keys;
  }
  throw new InputError({ file: shown, problem: 'is empty', mend: 'give one JSON object a line' });
}

async function* inBatches(
  rows: AsyncGenerator<Row>,
  columns: readonly string[],
  wanted: readonly number[],
  fault: LineFault,
): AsyncGenerator<Batch> {
  const most = Math.max(1, Math.floor(BATCH_CELLS / Math.max(1, columns.length)));
  const fresh = () => {
    const cells: Cell[][] = [];
    for (const column of wanted) cells[column] = [];
    return { columns: cells, places: [] as number[] };
  };
  let batch = fresh();
  for await (const { object, line } of rows) {
    const count = Object.keys(object).length;
    const missing = columns.find((key) => !Object.hasOwn(object, key));
    if (missing !== undefined || count !== columns.length) {
      const known = new Set(columns);
      const extra = Object.keys(object).find((key) => !known.has(key));
      const problem =
        missing !== undefined
          ? `has no key "${printable(missing, 60)}", which the first line has`
          : `has the key "${printable(extra!, 60)}", which the first line has not`;
      throw fault(line, problem, 'give all objects the same keys');
    }
    for (const column of wanted) batch.columns[column]!.push(object[columns[column]!]);
    batch.places.push(line);
    if (batch.places.length === most) {
      yield { ...batch, length: most };
      batch = fresh();
    }
  }
  if (batch.places.length > 0) yield { ...batch, length: batch.places.length };
}

async function* readRows(path: string, fault: LineFault): AsyncGenerator<Row> {
  const { reader } = await openBytes(path);
  let at = 1;
  try {
    for await (const { text, line } of textLines(reader, fault)) {
      at = line;
      yield { object: parsed(text, line, fault), line };
    }
  } catch (error) {
    throw damagedText(error, at, fault);
  } finally {
    await reader.close();
  }
}

function parsed(text: string, line: number, fault: LineFault): Record<string, Cell> {
  const mend = "give one JSON object a line: df.to_json(file, orient='records', lines=True)";
  if (text.startsWith('[')) throw fault(line, 'is a JSON array, expected an object', mend);
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, Cell>;
  } catch (error) {
    throw fault(line, `is no JSON object (${printable(reason(error), 100)})`, mend);
  }
  throw fault(line, 'is no JSON object', mend);
}
