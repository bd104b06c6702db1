/** CSV: a heading, then a row a line, cells quoted or not (RFC 4180), in UTF-8; gzipped or not. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { InputError } from '../../errors.js';
import { openBytes } from '../byte-reader.js';
import { countText, printable } from '../printable.js';
import { kindOf } from './cells.js';
import { MOST_CELLS, type Batch, type LineFault, type Table } from './table.js';
import { checkedText, damagedText, LONGEST_LINE } from './text.js';

const CHUNK = 1 << 16;
const LINE_FEED = 10;
const QUOTE = 34;
const BATCH_CELLS = 1 << 16;
const DELIMITERS = [',', ';', '\t'] as const;

interface Row {
  readonly record: readonly string[];
  readonly line: number;
}

/**
 * Opens a CSV file and reads its heading.
 * @param path the file
 * @param about how the table is called, and where the files are that it names
 * @throws InputError when it has no heading, or one that names a column twice
 */
export async function openCsv(path: string, about: Pick<Table, 'shown' | 'file' | 'folder'>): Promise<Table> {
  const { shown } = about;
  const fault: LineFault = (line, problem, mend) => {
    return new InputError({ file: shown, place: `line ${countText(line)}`, problem, mend });
  };
  const delimiter = delimiterOf(await firstLine(path, fault));
  const rows = (): AsyncGenerator<Row> => readRows(path, delimiter, fault);
  const heading = await headingOf(rows(), shown, fault);
  return {
    ...about,
    columns: heading,
    counts: 'line',
    typed: false,
    pictureColumns: new Set(),
    classNames: () => undefined,
    batches: () => inBatches(rows(), heading.length, fault),
  };
}

/** The one that the heading has most of, outside of quotes. */
function delimiterOf(line: string): string {
  const bare = line.replace(/"[^"]*"?/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

async function firstLine(path: string, fault: LineFault): Promise<string> {
  const { reader } = await openBytes(path);
  try {
    const bytes = new Uint8Array(CHUNK);
    const filled = await reader.fill(bytes);
    return new TextDecoder()
      .decode(bytes.subarray(0, filled))
      .trimStart()
      .split(/[\r\n]/, 1)[0]!;
  } catch (error) {
    throw damagedText(error, 1, fault);
  } finally {
    await reader.close();
  }
}

async function headingOf(rows: AsyncGenerator<Row>, shown: string, fault: LineFault): Promise<string[]> {
  for await (const { record, line } of rows) {
    const names = record.map((name) => name.trim());
    const numbers = names.filter((name) => kindOf(name, false) === 'number').map(Number);
    // Counting names (0, 1, 2, …) are what pandas calls columns that have no names.
    if (numbers.length > 0 && !numbers.every((number, i) => number === numbers[0]! + i)) {
      const example = names.map((_, i) => (i === names.length - 1 ? 'label' : `x${i}`));
      const proposal = names.length > 8 ? 'x0,x1,…,label' : example.join(',');
      throw fault(
        line,
        'holds numbers where the names of the columns are expected',
        `put a line of names above it, such as ${proposal}`,
      );
    }
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw fault(line, `names the column "${printable(twice, 60)}" twice`, 'give each column a name of its own');
    }
    return names;
  }
  throw new InputError({ file: shown, problem: 'is empty', mend: 'give a table with a line of column names' });
}

async function* inBatches(rows: AsyncGenerator<Row>, width: number, fault: LineFault): AsyncGenerator<Batch> {
  const most = Math.max(1, Math.floor(BATCH_CELLS / width));
  const fresh = () => ({ columns: Array.from({ length: width }, (): string[] => []), places: [] as number[] });
  let batch = fresh();
  let isHeading = true;
  for await (const { record, line } of rows) {
    if (isHeading) {
      isHeading = false;
      continue;
    }
    if (record.length !== width) {
      throw fault(
        line,
        `has ${countText(record.length)} ${record.length === 1 ? 'cell' : 'cells'}, but the heading names ` +
          `${countText(width)} ${width === 1 ? 'column' : 'columns'}`,
        'correct the line, or quote cells that hold the delimiter',
      );
    }
    for (let i = 0; i < width; i++) batch.columns[i]!.push(record[i]!);
    batch.places.push(line);
    if (batch.places.length === most) {
      yield { ...batch, length: most };
      batch = fresh();
    }
  }
  if (batch.places.length > 0) yield { ...batch, length: batch.places.length };
}

async function* readRows(path: string, delimiter: string, fault: LineFault): AsyncGenerator<Row> {
  const { reader } = await openBytes(path);
  const pieces = checkedText(reader, fault);
  let rest: Buffer = Buffer.alloc(0);
  let line = 0;
  try {
    // Most tables have no quotes, and splitting their lines takes a tenth of the time of parsing them.
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
      const bytes = Buffer.concat([rest, next.value]);
      const isParsed = bytes.includes(QUOTE) || (line === 0 && !bytes.includes(LINE_FEED));
      if (isParsed) {
        yield* parsedRows(followedBy(bytes, pieces), delimiter, line, fault);
        return;
      }
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      rest = bytes.subarray(end);
      if (rest.length > LONGEST_LINE) throw fault(line + 1, 'a row does not end', 'give one row a line');
      if (end === 0) continue;
      for (const text of bytes.toString('utf8', 0, end - 1).split('\n')) {
        line++;
        const record = split(text, delimiter, line, fault);
        if (record) yield { record, line };
      }
    }
    const last = split(rest.toString(), delimiter, line + 1, fault);
    if (last) yield { record: last, line: line + 1 };
  } catch (error) {
    throw damagedText(error, line + 1, fault);
  } finally {
    await pieces.return(undefined);
    await reader.close();
  }
}

/** The cells of a line without quotes; undefined for an empty one. */
function split(line: string, delimiter: string, at: number, fault: LineFault): string[] | undefined {
  const text = line.replace(/^\ufeff/, '').replace(/\r$/, '');
  if (text === '') return undefined;
  const cells = text.split(delimiter);
  checkCells(cells, at, fault);
  return /\s/.test(text) ? cells.map((cell) => cell.trim()) : cells;
}

function checkCells({ length }: readonly string[], line: number, fault: LineFault): void {
  if (length > MOST_CELLS) throw fault(line, `has more than ${countText(MOST_CELLS)} cells`, 'give fewer columns');
}

async function* followedBy(first: Buffer, others: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* others;
}

/**
 * Rows of which some hold quotes.
 * @param before how many lines of the file precede them
 */
async function* parsedRows(
  pieces: AsyncIterable<Buffer>,
  delimiter: string,
  before: number,
  wholeFault: LineFault,
): AsyncGenerator<Row> {
  const fault: LineFault = (line, problem, mend) => wholeFault(before + line, problem, mend);
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: LONGEST_LINE,
  });
  const source = Readable.from(pieces);
  // pipe() forwards no errors: without this a reader would wait for ever.
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      checkCells(record, info.lines, fault);
      yield { record, line: before + info.lines };
    }
  } catch (error) {
    throw error instanceof CsvError ? explained(error, fault) : error;
  } finally {
    source.destroy();
    parser.destroy();
  }
}

function explained(error: CsvError, fault: LineFault): InputError {
  const { lines } = error as unknown as { lines: number };
  const closing = 'close it, or double a quote that belongs to the text ("")';
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return fault(lines, 'a quote is never closed', closing);
    case 'CSV_MAX_RECORD_SIZE':
      return fault(lines, 'a row does not end; a quote may never be closed', closing);
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return fault(lines, 'a quote stands inside of a cell', 'quote the whole cell and double the quotes in it ("")');
    default:
      return fault(lines, `is no row of a table (${printable(error.message, 120)})`, 'correct the line');
  }
}
