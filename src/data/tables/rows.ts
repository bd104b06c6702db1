/** Which rows of tables are the examples of a split, and what their labels mean. */
import { InputError } from '../../errors.js';
import type { Notice } from '../../progress.js';
import { cleanNames } from '../class-names.js';
import type { Split } from '../dataset.js';
import { announcedHoldOut } from '../hold-out.js';
import { labelsAndNames, type LabelColumn } from '../labels.js';
import { printable, someOf } from '../printable.js';
import { isSplitName, nameOfSplit, SPLIT_NAMES } from '../split-names.js';
import { cellText, kindOf, numberIn, placeText } from './cells.js';
import { fraction, type Scan, type ScannedTable } from './scan.js';

/** The examples of a split. */
export interface SplitRows {
  /** For each scanned table the rows that are examples, ascending. */
  readonly kept: readonly (readonly number[])[];
  /** Of the examples, table after table. */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
}

/** Scanned tables and what is known of them. */
export interface LabelledTables {
  readonly shown: string;
  readonly scan: Scan;
  /** Place of the column of labels. */
  readonly label: number;
  /** The split that each table is; undefined where a table holds several or all is one. */
  readonly splitOf: readonly (Split | undefined)[];
  /** Whether `Scan.splits` are splits. */
  readonly hasSplits: boolean;
}

/**
 * Chooses the rows of a split and numbers their classes, alike in both splits.
 * @throws InputError where the split has no rows, or a label is none
 */
export function rowsOfSplit(tables: LabelledTables, split: Split, notice: Notice): SplitRows {
  const { scan, shown, label } = tables;
  const all = scan.tables.map(({ length }) => Array.from({ length }, (_, row) => row));
  const found = splitRows(tables, notice);
  const [own, other] = found ? [found[split], found[split === 'train' ? 'test' : 'train']] : [all, undefined];
  const count = own.reduce((sum, rows) => sum + rows.length, 0);
  if (count === 0) {
    throw new InputError({ file: shown, problem: `has no ${split} split`, mend: 'add it or choose the other split' });
  }
  const read = labelReader(scan, scan.columns[label]!);
  const where = `${shown}, column ${printable(scan.columns[label]!, 60)}`;
  const column = (kept: readonly (readonly number[])[]): LabelColumn => {
    const codes = kept.flatMap((rows, i) => rows.map((row) => scan.tables[i]!.labels[row]!));
    return { where, values: read.values(codes) };
  };
  const stored = scan.tables.map(({ table, order }) => table.classNames(order[label]!)).find((names) => names);
  const { labels, classNames, remark } = labelsAndNames(
    column(own),
    other?.some((rows) => rows.length > 0) ? column(other) : undefined,
    read.names ?? (stored && cleanNames(stored)),
  );
  if (remark !== undefined) notice(`${where}: ${remark}`);
  if (found) return { kept: own, labels, classNames };
  const indices = announcedHoldOut(labels, split, shown, notice);
  return {
    kept: byTable(indices, scan.tables),
    labels: Int32Array.from(indices, (i) => labels[i]!),
    classNames,
  };
}

/** The rows of both splits, where tables or a column say them. */
function splitRows(
  { scan, splitOf, hasSplits, shown }: LabelledTables,
  notice: Notice,
): Record<Split, readonly (readonly number[])[]> | undefined {
  if (splitOf.some((split) => split !== undefined)) {
    const of = (split: Split) =>
      scan.tables.map(({ length }, i) => (splitOf[i] === split ? Array.from({ length }, (_, row) => row) : []));
    return { train: of('train'), test: of('test') };
  }
  const { splits } = scan;
  if (!hasSplits) return undefined;
  const words = splits.map(({ cell }) => cell as string);
  const strange = splits.find(({ cell }) => !isSplitName(cell as string));
  if (strange) {
    throw new InputError({
      file: strange.table.shown,
      place: placeText(strange.table.counts, strange.at, 'split'),
      problem: `"${printable(strange.cell as string, 40)}" is no split`,
      mend: `write ${SPLIT_NAMES.train[0]!}, ${SPLIT_NAMES.test[0]!} or ${SPLIT_NAMES.test[2]!}`,
    });
  }
  const names = { train: nameOfSplit('train', words), test: nameOfSplit('test', words) };
  const others = words.filter((word) => word !== names.train && word !== names.test);
  if (others.length > 0) notice(`${shown}: left out the rows whose split is ${someOf(others)}`);
  const of = (split: Split) =>
    scan.tables.map((table) => {
      const rows: number[] = [];
      table.splits.forEach((word, row) => words[word] === names[split] && rows.push(row));
      return rows;
    });
  return { train: of('train'), test: of('test') };
}

/** Turns codes of labels into what they stand for: numbers if all are, or names. */
function labelReader({ labels }: Scan, name: string) {
  const kinds = labels.map(({ table, cell }) => kindOf(cell, (table as ScannedTable['table']).typed));
  const areNumbers = kinds.every((kind) => kind === 'number' || kind === 'boolean');
  if (areNumbers) {
    const numbers = labels.map(({ cell }) => numberIn(cell));
    const wrong = numbers.findIndex((number) => !Number.isInteger(number));
    if (wrong >= 0) throw fraction(labels[wrong]!, name);
    const names = kinds.length > 0 && kinds.every((kind) => kind === 'boolean') ? ['false', 'true'] : undefined;
    return { names, values: (codes: readonly number[]) => Float64Array.from(codes, (code) => numbers[code]!) };
  }
  const texts = labels.map(({ cell }) => cellText(cell));
  return { names: undefined, values: (codes: readonly number[]) => codes.map((code) => texts[code]!) };
}

function byTable(indices: readonly number[], tables: readonly ScannedTable[]): number[][] {
  let start = 0;
  return tables.map(({ length }) => {
    const end = start + length;
    const rows = indices.filter((i) => i >= start && i < end).map((i) => i - start);
    start = end;
    return rows;
  });
}
