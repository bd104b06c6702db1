/** Reads what was decided about training examples in a report: `decisions.csv`, which `train --labels-from` takes (Node only). */
import { dirname } from '../../storage/paths.js';
import { InputError } from '../../errors.js';
import { formulaGuarded } from '../../spreadsheet.js';
import type { Dataset, ExampleOrigin } from '../dataset.js';
import { countText, printable, someOf } from '../printable.js';
import { cellText } from '../tables/cells.js';
import { openCsv } from '../tables/csv.js';
import type { Corrections } from './corrections.js';

/** Columns that must be there; `newLabel`, `file` and `row` may be missing where no line needs them. */
const NEEDED = ['decision', 'split', 'index', 'label'] as const;

type Column = (typeof NEEDED)[number] | 'newLabel' | 'file' | 'row';

/** A line of the file: its cells by column, '' for what is not said, and how to complain about it. */
interface Line {
  readonly cells: (column: Column) => string;
  readonly wrong: (problem: string, mend: string) => InputError;
}

/**
 * Reads files of decisions one after another: each is about the labels that those before it left.
 * @param data the training split as it is on the disk
 * @throws InputError naming file and line for what is no decision about these data
 */
export async function readCorrections(paths: readonly string[], data: Dataset): Promise<Corrections> {
  const labels = new Map<number, number>();
  const dropped = new Set<number>();
  for (const path of paths) {
    const before = data.labels.map((label, index) => labels.get(index) ?? label);
    const found = await readFile(path, { ...data, labels: before });
    for (const { index, label } of found.relabelled) labels.set(index, label);
    for (const index of found.dropped) dropped.add(index);
  }
  const ascending = (a: number, b: number) => a - b;
  return {
    relabelled: [...labels.keys()].sort(ascending).map((index) => ({ index, label: labels.get(index)! })),
    dropped: [...dropped].sort(ascending),
  };
}

/**
 * Reads decisions and holds them against the data that they are about. An example is known by its file and row where the line has
 * them, whatever index it has now: data that were sorted anew, or grew, keep their decisions. Otherwise it is known by its index. In
 * either case it must have the label that it had when it was looked at.
 */
async function readFile(path: string, data: Dataset): Promise<Corrections> {
  const shown = printable(path);
  const table = await openCsv(path, { shown, folder: dirname(path) });
  const missing = NEEDED.find((name) => !table.columns.includes(name));
  if (missing !== undefined) {
    throw new InputError({
      file: shown,
      problem: `has no column "${missing}" (its columns: ${someOf(table.columns, 8)})`,
      mend: 'give the decisions.csv that a report exports',
    });
  }
  const find = finder(data);
  const made = new Map<number, { readonly label: number | undefined; readonly line: number }>();
  for await (const { columns, places, length } of table.batches(table.columns.map((_, i) => i))) {
    for (let i = 0; i < length; i++) {
      const line: Line = {
        cells: (name) => cellText(columns[table.columns.indexOf(name)]?.[i]),
        wrong: (problem, mend) =>
          new InputError({ file: shown, place: `line ${countText(places[i]!)}`, problem, mend }),
      };
      const index = find(line);
      const label = decided(line, index, data);
      const before = made.get(index);
      if (before && before.label !== label) {
        throw line.wrong(
          `example ${index} was decided otherwise in line ${countText(before.line)}`,
          'leave one of them',
        );
      }
      made.set(index, { label, line: places[i]! });
    }
  }
  if (made.size === 0)
    throw new InputError({ file: shown, problem: 'holds no decisions', mend: 'make some in a report' });
  const decisions = [...made].map(([index, { label }]) => ({ index, label }));
  const dropped = decisions.filter(({ label }) => label === undefined).map(({ index }) => index);
  if (dropped.length === data.length) {
    throw new InputError({ file: shown, problem: 'drops every training example', mend: 'keep some' });
  }
  const relabelled = decisions.flatMap(({ index, label }) =>
    label === undefined || label === data.labels[index] ? [] : [{ index, label }],
  );
  return { relabelled, dropped };
}

/** The class that an example is to have; undefined for one that is dropped. */
function decided({ cells, wrong }: Line, index: number, { labels, classNames }: Dataset): number | undefined {
  const label = labels[index]!;
  const name = classNames[label] ?? String(label);
  if (!says(cells('label'), name)) {
    throw wrong(
      `example ${index} was ${shownCell(cells('label'))} when this was decided, and is ${printable(name, 60)} now`,
      'look at it again, or take the line out',
    );
  }
  switch (cells('decision')) {
    case 'keep':
      return label;
    case 'drop':
      return undefined;
    case 'relabel': {
      const newLabel = classNames.findIndex((each) => says(cells('newLabel'), each));
      if (newLabel >= 0) return newLabel;
      throw wrong(
        `there is no class ${shownCell(cells('newLabel'))} (newLabel) among ${someOf(classNames, 12)}`,
        'correct it',
      );
    }
    default:
      throw wrong(`the decision is ${shownCell(cells('decision'))}`, 'write keep, relabel or drop');
  }
}

/** Finds the example that a line speaks of. */
function finder(data: Dataset): ({ cells, wrong }: Line) => number {
  let places: Map<string, number> | undefined;
  return ({ cells, wrong }) => {
    if (cells('split') !== 'train') {
      throw wrong(
        `is about the split ${shownCell(cells('split'))}, and only training examples can be corrected`,
        'take the line out',
      );
    }
    const index = /^\d{1,10}$/.test(cells('index')) ? Number(cells('index')) : -1;
    if (index < 0) throw wrong(`the index is ${shownCell(cells('index'))}`, 'write a whole number from 0');
    const place = placeOf({ file: cells('file'), row: cells('row') });
    if (place === '') {
      if (index < data.length) return index;
      throw wrong(
        `there is no example ${index}: the training split holds ${countText(data.length)}`,
        'give the data that the report was about',
      );
    }
    if (index < data.length && placeAt(data, index) === place) return index;
    places ??= new Map(Array.from({ length: data.length }, (_, i) => [placeAt(data, i), i]));
    const found = places.get(place);
    if (found !== undefined) return found;
    const where = [cells('file') && shownCell(cells('file')), cells('row') && `row ${cells('row')}`];
    throw wrong(
      `no training example is ${where.filter((part) => part !== '').join(', ')} any more`,
      'give the data that the report was about, or take the line out',
    );
  };
}

function placeAt({ origin }: Dataset, index: number): string {
  const { file = '', row }: ExampleOrigin = origin(index);
  return placeOf({ file: asWritten(file), row: row === undefined ? '' : String(row) });
}

/** File and row as one name; '' where neither is known. */
const placeOf = ({ file, row }: { readonly file: string; readonly row: string }) =>
  file === '' && row === '' ? '' : `${asWritten(file)}\n${row}`;

/** Text as a cell has it: guarded against being a formula, without spaces around it, which the reader takes away. */
const asWritten = (text: string) => formulaGuarded(text).trim();

/** Whether a cell is the name, be it guarded or not. */
const says = (cell: string, name: string) => cell !== '' && asWritten(cell) === asWritten(name);

const shownCell = (cell: string) => (cell === '' ? 'empty' : `"${printable(cell, 60)}"`);
