/** Columns that lists have in common. */
import { integer, number, text, type ListColumn } from './list.js';

/** How the examples of a result are found again. */
export interface ListContext {
  /** Names of the classes. */
  readonly classNames: readonly string[];
  /** The data set's file or folder, as a shell in the current folder opens it; undefined for one that came with the package. */
  readonly dataPath?: string | undefined;
  /** Whether the name of a data set is one of those that came with the package, and no path. */
  readonly isBundled: (spec: string) => boolean;
}

/** Where an example is, as results say it. */
interface Located {
  readonly file?: string | undefined;
  readonly row?: number | undefined;
  readonly notes?: Readonly<Record<string, string>> | undefined;
}

/** A class's number and its name. */
export function classColumns<E>(
  name: string,
  { classNames }: ListContext,
  of: (entry: E) => number | null | undefined,
): ListColumn<E>[] {
  const named = (index: number | null | undefined) =>
    index == null ? undefined : (classNames[index] ?? String(index));
  return [integer(name, of), text(`${name}_name`, (entry) => named(of(entry)))];
}

/**
 * Where an example is: its file below the data set's folder, its row, and the path of the file that a shell opens: its own, or the one
 * that the row is in. Then the text that is stored beside it, a column each.
 */
export function originColumns<E>(
  entries: readonly E[],
  { dataPath }: ListContext,
  of: (entry: E) => Located,
): ListColumn<E>[] {
  return [
    text('file', (entry) => of(entry).file),
    integer('row', (entry) => of(entry).row),
    text('path', (entry) => pathOf(of(entry), dataPath)),
    ...noteColumns<E>(
      entries.map((entry) => of(entry).notes),
      (entry) => of(entry).notes,
    ),
  ];
}

type Notes = Located['notes'];

/** A column for each name that text is stored by. */
function noteColumns<E>(notes: readonly Notes[], of: (entry: E) => Notes): ListColumn<E>[] {
  const names = new Set(notes.flatMap((each) => Object.keys(each ?? {})));
  return Array.from(names, (name) => text<E>(`note_${name}`, (entry) => of(entry)?.[name]));
}

/** The file to open for an example. */
export function pathOf({ file, row }: Located, dataPath: string | undefined): string | undefined {
  if (dataPath === undefined) return undefined;
  if (file !== undefined) return `${dataPath.replace(/\/+$/, '')}/${file}`;
  return row === undefined ? undefined : dataPath;
}

/** An example of the training split: its rank from 1, index and class. */
export function exampleColumns<E extends { readonly index: number; readonly label: number }>(
  context: ListContext,
): ListColumn<E>[] {
  return [integer('index', ({ index }) => index), ...classColumns<E>('label', context, ({ label }) => label)];
}

/** Something that belongs to an explained input. */
export interface OfQuery {
  readonly query: number;
  readonly input: string;
}

/** The input that an entry belongs to: its 0-based number and what it is called. */
export function queryColumns<E extends OfQuery>(): ListColumn<E>[] {
  return [integer('query', ({ query }) => query), text('input', ({ input }) => input)];
}

/** An explained input as results describe it. */
interface DecidedQuery {
  readonly input: string;
  readonly inputFile?: string | undefined;
  readonly inputRow?: number | undefined;
  readonly inputNotes?: Readonly<Record<string, string>> | undefined;
  readonly predicted?: NamedClass & { readonly probability: number };
  readonly truth?: NamedClass | undefined;
}

interface NamedClass {
  readonly class: number;
  readonly label: string;
}

/** The columns of a list of explained inputs. */
export function inputColumns<Q extends DecidedQuery>(
  queries: readonly Q[],
  context: ListContext,
): ListColumn<{ readonly query: number } & Q>[] {
  type Entry = { readonly query: number } & Q;
  return [
    ...queryColumns<Entry>(),
    integer('predicted', ({ predicted }) => predicted?.class),
    text('predicted_name', ({ predicted }) => predicted?.label),
    number('probability', ({ predicted }) => predicted?.probability),
    integer('truth', ({ truth }) => truth?.class),
    text('truth_name', ({ truth }) => truth?.label),
    text('file', ({ inputFile }) => inputFile),
    integer('row', ({ inputRow }) => inputRow),
    text('path', (entry) => inputPath(entry, context)),
    ...noteColumns<Entry>(
      queries.map(({ inputNotes }) => inputNotes),
      ({ inputNotes }) => inputNotes,
    ),
  ];
}

/** The file to open for an input: itself, or where the data set that it is named by has it. */
function inputPath({ input, inputFile, inputRow, predicted }: DecidedQuery, context: ListContext): string | undefined {
  const [, spec] = /^(.*)@\d+$/s.exec(input) ?? [];
  if (inputFile === undefined && inputRow === undefined) return predicted && spec === undefined ? input : undefined;
  if (spec === undefined || context.isBundled(spec)) return undefined;
  return pathOf({ file: inputFile, row: inputRow }, spec);
}

/** Entries of each query, with the query that they belong to. */
export function ofQueries<Q extends { readonly input: string }, E extends object>(
  queries: readonly Q[],
  entriesOf: (query: Q) => readonly E[],
): (E & OfQuery)[] {
  return queries.flatMap((query, i) => entriesOf(query).map((entry) => ({ ...entry, query: i, input: query.input })));
}

/** Both sides of a list, ranked from 1 on each. */
export function bothSides<E extends object>(
  supporting: readonly E[],
  opposing: readonly E[],
): (E & { readonly side: string; readonly rank: number })[] {
  const ranked = (entries: readonly E[], side: string) => entries.map((entry, i) => ({ ...entry, side, rank: i + 1 }));
  return [...ranked(supporting, 'supports'), ...ranked(opposing, 'opposes')];
}

/** The side and rank of an entry. */
export function sideColumns<E extends { readonly side: string; readonly rank: number }>(): ListColumn<E>[] {
  return [text('side', ({ side }) => side), integer('rank', ({ rank }) => rank)];
}
