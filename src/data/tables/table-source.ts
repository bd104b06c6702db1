/** Tables as a split of a data set: features from columns of numbers, or pictures, with labels and what is shown beside. */
import { InputError } from '../../errors.js';
import { elementCount } from '../../tensor.js';
import { cleanNames } from '../class-names.js';
import type { ExampleOrigin, Split } from '../dataset.js';
import { asExamples } from '../npy/examples.js';
import { bytesText } from '../printable.js';
import type { ReadRequest, Source } from '../source.js';
import { isSplitName } from '../split-names.js';
import { isList, numberIn, placeText, quoted, writeList } from './cells.js';
import { findLabel, findRoles, findSplit, type Roles } from './columns.js';
import { Notes } from './notes.js';
import { readPictures } from './pictures.js';
import { eachBatch } from './read-rows.js';
import { rowsOfSplit, type SplitRows } from './rows.js';
import { scan, type Scan, type ScannedTable } from './scan.js';
import type { Table } from './table.js';

/** A table, and the split that it is, where its name says so. */
export interface TablePart {
  readonly table: Table;
  readonly split?: Split | undefined;
}

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
  const splitWords = parts.some((part) => part.split) ? undefined : findSplit(first.columns, label);
  const tables = parts.map(({ table }) => table);
  const found = await scan(tables, label, splitWords, memoryLimit);
  if (found.tables.every(({ length }) => length === 0)) {
    throw new InputError({ file: shown, problem: 'holds no rows', mend: 'add some' });
  }
  const areSplits = found.splits.map(({ cell }) => isSplitName(cell as string));
  const hasSplits = areSplits.includes(true) && (splitWords?.is === 'column' || !areSplits.includes(false));
  const known = new Set([label, ...(hasSplits && splitWords?.is === 'column' ? [splitWords.column] : [])]);
  const roles = findRoles(found, known, shown, notice);
  const labelled = { shown, scan: found, label, hasSplits, splitOf: parts.map((part) => part.split) };
  const rows = rowsOfSplit(labelled, split, notice);
  const notes = new Notes(roles.notes, found.columns, rows.labels.length);
  const common = {
    labels: rows.labels,
    classNames: rows.classNames,
    origin: originsOf(found.tables, rows),
    notes: roles.notes.length > 0 ? notes.of : undefined,
  };
  if (roles.picture) return readPictures(found, roles.picture, rows, notes, common, shown, request);
  return { ...common, ...(await readFeatures(found, roles, rows, notes, shown, request)) };
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
  { features }: Roles,
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
  await eachBatch(tables, rows, [...features, ...notes.columns], (batch, table, order, picked, start) => {
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
