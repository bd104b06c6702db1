/** Tables as a split of a data set: features from columns of numbers, or pictures, with labels and what is shown beside. */
import { InputError } from '../../errors.js';
import { elementCount } from '../../tensor.js';
import { cleanNames } from '../class-names.js';
import type { ExampleOrigin, Split } from '../dataset.js';
import { asExamples } from '../npy/examples.js';
import { bytesText, printable } from '../printable.js';
import type { ReadRequest, Source } from '../source.js';
import { cellText, isList, numberIn, placeText, quoted, writeList } from './cells.js';
import { findLabel, findRoles, findSplit, type Roles } from './columns.js';
import { rowsOfSplit, type SplitRows } from './rows.js';
import { scan, type Scan, type ScannedTable } from './scan.js';
import type { Batch, Table } from './table.js';

/** A table, and the split that it is, where its name says so. */
export interface TablePart {
  readonly table: Table;
  readonly split?: Split | undefined;
}

const NOTE_LIMIT = 500;

/**
 * Reads tables: once to learn what their columns hold, and once more the rows of the split that is asked for.
 * @param parts with the same columns; one after another they are the data set
 * @param shown the data set, for messages
 * @throws InputError naming file, line or row, and column
 */
export async function readTables(parts: readonly TablePart[], shown: string, request: ReadRequest): Promise<Source> {
  const { split, memoryLimit, notice } = request;
  const first = parts[0]!.table;
  const label = findLabel(first, request.labelColumn);
  const splitColumn = parts.some((part) => part.split) ? undefined : findSplit(first.columns, label);
  const tables = parts.map(({ table }) => table);
  const found = await scan(tables, label, splitColumn, memoryLimit);
  if (found.tables.every(({ length }) => length === 0)) {
    throw new InputError({ file: shown, problem: 'holds no rows', mend: 'add some' });
  }
  const known = new Set([label, ...(found.splits ? [splitColumn!] : [])]);
  const roles = findRoles(found, known, shown, notice);
  const labelled = { shown, scan: found, label, splitOf: parts.map((part) => part.split) };
  const rows = rowsOfSplit(labelled, split, notice);
  const notes = new Notes(roles.notes, found.columns, rows.labels.length);
  const common = {
    labels: rows.labels,
    classNames: rows.classNames,
    origin: originsOf(found.tables, rows),
    notes: roles.notes.length > 0 ? notes.of : undefined,
  };
  const features = await readFeatures(found, roles, rows, notes, shown, request);
  return { ...common, ...features };
}

function originsOf(tables: readonly ScannedTable[], { kept }: SplitRows): (index: number) => ExampleOrigin {
  const starts: number[] = [];
  kept.reduce((start, rows) => (starts.push(start), start + rows.length), 0);
  return (index) => {
    let part = kept.length - 1;
    while (part > 0 && starts[part]! > index) part--;
    return { file: tables[part]!.table.file, row: kept[part]![index - starts[part]!]! };
  };
}

/** The numbers of the columns that are features, as examples. */
async function readFeatures(
  { columns, facts, tables }: Scan,
  { features, notes: noteColumns }: Roles,
  rows: SplitRows,
  notes: Notes,
  shown: string,
  { memoryLimit, notice }: ReadRequest,
): Promise<Pick<Source, 'shape' | 'elementType' | 'kind' | 'channelsLast' | 'examples' | 'featureNames'>> {
  const dims = features.map((column) => facts[column]!.dims ?? []);
  const width = dims.reduce((sum, each) => sum + elementCount(each), 0);
  const bytes = rows.labels.length * width * 4;
  if (bytes > memoryLimit) {
    throw new InputError({
      file: shown,
      problem: `takes ${bytesText(bytes)}, more than the memory limit of ${bytesText(memoryLimit)}`,
      mend: 'raise the limit, or give fewer rows or columns',
    });
  }
  const data = new Float32Array(rows.labels.length * width);
  await eachBatch(tables, rows, [...features, ...noteColumns], (batch, table, order, picked, start) => {
    let offset = 0;
    features.forEach((column, i) => {
      const cells = batch.columns[order[column]!]!;
      const isListed = facts[column]!.dims !== undefined;
      picked.forEach((row, j) => {
        const to = (start + j) * width + offset;
        const cell = cells[row];
        if (isListed && isList(cell)) writeList(cell, data, to);
        else data[to] = numberIn(cell);
        if (isListed || Number.isFinite(data[to])) return;
        throw new InputError({
          file: table.shown,
          place: placeText(table.counts, batch.places[row]!, columns[column]),
          problem: `${quoted(cell)} is larger than a float32 can be`,
          mend: 'scale the column',
        });
      });
      offset += elementCount(dims[i]!);
    });
    notes.add(batch, order, picked, start);
  });
  const array = features.length === 1 && dims[0]!.length > 1 ? dims[0]! : [width];
  const npy = { type: 'f4', shape: [rows.labels.length, ...array], data };
  const { data: examples, ...form } = asExamples(npy, shown, notice);
  return { ...form, examples, featureNames: array.length > 1 ? undefined : featureNames(columns, features, dims) };
}

function featureNames(
  columns: readonly string[],
  features: readonly number[],
  dims: readonly (readonly number[])[],
): string[] {
  const names = features.flatMap((column, i) => {
    const count = elementCount(dims[i]!);
    const name = columns[column]!;
    return dims[i]!.length === 0 ? [name] : Array.from({ length: count }, (_, element) => `${name}[${element}]`);
  });
  return cleanNames(names);
}

/** What is shown beside examples: text by the name of its column. */
class Notes {
  readonly #columns: readonly number[];
  readonly #names: readonly string[];
  readonly #texts: string[][];

  constructor(columns: readonly number[], names: readonly string[], length: number) {
    this.#columns = columns;
    this.#names = cleanNames(columns.map((column) => names[column]!));
    this.#texts = columns.map(() => new Array<string>(length).fill(''));
  }

  readonly of = (index: number): Record<string, string> =>
    Object.fromEntries(this.#names.map((name, i) => [name, this.#texts[i]![index]!]));

  add(batch: Batch, order: readonly number[], picked: readonly number[], start: number): void {
    this.#columns.forEach((column, i) => {
      const cells = batch.columns[order[column]!]!;
      picked.forEach((row, j) => {
        this.#texts[i]![start + j] = printable(cellText(cells[row]), NOTE_LIMIT);
      });
    });
  }
}

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
