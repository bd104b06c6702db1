/** What each column of a table is for: the label, the split, a feature, a picture, or something to be shown. */
import { InputError } from '../../errors.js';
import type { Notice } from '../../progress.js';
import { isImageName } from '../pictures/image-file.js';
import { countText, printable, someOf } from '../printable.js';
import { cellText, placeText, quoted } from './cells.js';
import type { ColumnFacts, Scan, SplitWords } from './scan.js';
import type { CellPlace, Table } from './table.js';

/** Names of label columns that are recognised. */
const LABELS = ['label', 'labels', 'class', 'target', 'y'];

/** Names of columns that may hold the names of picture files. */
const PICTURE_FILES = ['file_name', 'filename', 'path', 'image'];

/** What pandas calls the index of a table, where it writes it: nothing, or this when it was read again. */
const INDEX = /^(|unnamed: 0|__index_level_\d+__)$/i;

/** What the columns are for, by their places. */
export interface Roles {
  /** Columns whose numbers are the features, in order. */
  readonly features: readonly number[];
  /** Columns that are shown beside an example. */
  readonly notes: readonly number[];
  /** The column of pictures, or of names of picture files. */
  readonly picture: { readonly column: number; readonly is: 'name' | 'bytes' } | undefined;
}

/**
 * The place of the column that holds the labels.
 * @param wanted its name, where the user says it
 * @throws InputError where there is none, or several that could be it
 */
export function findLabel({ columns, shown }: Pick<Table, 'columns' | 'shown'>, wanted: string | undefined): number {
  const listed = someOf(columns.map(shownName), 12);
  if (wanted !== undefined) {
    const exact = columns.indexOf(wanted);
    if (exact >= 0) return exact;
    throw new InputError({
      file: shown,
      problem: `has no column "${printable(wanted, 60)}"`,
      mend: `choose a \`labelColumn\` of ${listed}`,
    });
  }
  const found = columns.flatMap((name, i) => (LABELS.includes(name.toLowerCase()) ? [i] : []));
  if (found.length === 1) return found[0]!;
  throw new InputError({
    file: shown,
    problem:
      found.length === 0
        ? `none of its columns is called ${LABELS.join(', ')}`
        : `the columns ${found.map((i) => printable(columns[i]!)).join(' and ')} may both hold labels`,
    mend: `name the one that holds the labels with \`labelColumn\` (columns: ${listed})`,
  });
}

/** What says which split a row is in, if it is a split that stands there: a column, or the folder of a picture file. */
export function findSplit(
  columns: readonly string[],
  label: number,
): (SplitWords & { readonly is: 'column' | 'folder' }) | undefined {
  const find = (name: string): number => columns.findIndex((each, i) => i !== label && each.toLowerCase() === name);
  const column = find('split');
  if (column >= 0) return { is: 'column', column, wordOf: (text) => text };
  const files = PICTURE_FILES.map(find).find((i) => i >= 0);
  if (files === undefined) return undefined;
  return {
    is: 'folder',
    column: files,
    wordOf: (text) => (text.includes('/') ? text.slice(0, text.indexOf('/')) : ''),
  };
}

/**
 * What the columns other than labels and splits are for.
 * @param known places of the columns that have a meaning already
 * @throws InputError for a column of numbers with gaps, lists of several lengths, and a table without features
 */
export function findRoles({ columns, facts }: Scan, known: ReadonlySet<number>, shown: string, notice: Notice): Roles {
  const free = columns.map((_, i) => i).filter((i) => !known.has(i));
  const index = free.filter((i) => INDEX.test(columns[i]!) && (i === 0 || columns[i] !== ''));
  if (index.length > 0) {
    notice(`${shown}: left out the column ${shownName(columns[index[0]!]!)} of row numbers, which is an index`);
  }
  const rest = free.filter((i) => !index.includes(i));
  const picture = findPicture(columns, facts, rest);
  if (picture) return { picture, features: [], notes: rest.filter((i) => i !== picture.column) };

  const features: number[] = [];
  const notes: number[] = [];
  for (const i of rest) {
    const { counts, dims } = facts[i]!;
    const hasNumbers = counts.number + counts.boolean + (dims ? counts.list : 0) > 0;
    const isFeature = hasNumbers && counts.text === 0 && counts.other === 0 && counts.picture === 0;
    if (isFeature) checkFeature(facts[i]!, columns[i]!);
    (isFeature ? features : notes).push(i);
  }
  if (features.length === 0) {
    throw new InputError({
      file: shown,
      problem: `has no column of numbers beside the label${notes.length > 0 ? ` (${reasonOf(facts[notes[0]!]!, columns[notes[0]!]!)})` : ''}`,
      mend: 'give the features as columns of numbers',
    });
  }
  if (notes.length > 0) notice(leftOutText(notes, columns, facts, shown));
  return { features, notes, picture: undefined };
}

/** A column as messages call it. */
export function shownName(name: string): string {
  return name === '' ? '(without a name)' : printable(name, 60);
}

function findPicture(columns: readonly string[], facts: readonly ColumnFacts[], rest: readonly number[]) {
  const bytes = rest.find((i) => facts[i]!.counts.picture > 0);
  if (bytes !== undefined) return { column: bytes, is: 'bytes' as const };
  for (const name of PICTURE_FILES) {
    const column = rest.find((i) => columns[i]!.toLowerCase() === name);
    const first = column === undefined ? undefined : facts[column]!.first.text;
    if (first && isImageName(cellText(first.cell))) return { column: column!, is: 'name' as const };
  }
  return undefined;
}

function checkFeature({ counts, first, dims, otherDims }: ColumnFacts, name: string): void {
  const fault = ({ table, at }: CellPlace, problem: string, mend: string): InputError =>
    new InputError({ file: table.shown, place: placeText(table.counts, at, name), problem, mend });
  if (first.missing) {
    throw fault(
      first.missing,
      `holds ${quoted(first.missing.cell)} in a column of numbers`,
      'fill the gap or take the row out, such as by df.dropna()',
    );
  }
  if (counts.list === 0) return;
  const scalar = first.number ?? first.boolean;
  if (scalar) throw fault(scalar, 'holds a number in a column of lists', 'give lists of the same length in all rows');
  if (!dims || dims.includes(0) || otherDims) {
    throw fault(
      otherDims ?? first.list!,
      otherDims && dims
        ? 'holds a list of another length than the rows before it'
        : 'holds a list that is not of numbers',
      'give lists of as many numbers in all rows',
    );
  }
}

function leftOutText(
  notes: readonly number[],
  columns: readonly string[],
  facts: readonly ColumnFacts[],
  shown: string,
) {
  const mixed = notes.filter((i) => facts[i]!.counts.number > 0).slice(0, 3);
  const why = mixed.map((i) => `; ${reasonOf(facts[i]!, columns[i]!)}`).join('');
  const names = someOf(
    notes.map((i) => shownName(columns[i]!)),
    6,
  );
  const what = notes.length === 1 ? 'the column' : `${countText(notes.length)} columns`;
  return `${shown}: left ${what} of text out of the features (${names}), to be shown beside the examples${why}`;
}

/** Why a column is none of numbers. */
function reasonOf({ first }: ColumnFacts, name: string): string {
  const found = first.text ?? first.other ?? first.missing;
  if (!found) return `${shownName(name)} holds no numbers`;
  return `${shownName(name)} holds ${quoted(found.cell)} in ${placeText(found.table.counts, found.at)}`;
}
