/** Tables of pictures: the names of their files, or the files themselves in its cells. */
import { join } from '../../storage/paths.js';
import { InputError } from '../../errors.js';
import { sha256 } from '../../files.js';
import { below, folderTree } from '../archives/file-tree.js';
import { leftOut } from '../left-out.js';
import { pictureSource, type PictureList } from '../pictures/picture-source.js';
import { addUnnamed } from '../pictures/unnamed.js';
import { bytesText, printable } from '../printable.js';
import type { ReadRequest, Source } from '../source.js';
import { cellText, isPicture, placeText, quoted } from './cells.js';
import type { Roles } from './columns.js';
import type { Notes } from './notes.js';
import { eachBatch } from './read-rows.js';
import type { SplitRows } from './rows.js';
import type { Scan } from './scan.js';
import type { Cell, Table } from './table.js';

type Common = Pick<Source, 'labels' | 'classNames' | 'origin' | 'notes'>;

/**
 * The pictures of a table as a source.
 * @param picture the column that holds them, or the names of their files, seen from the table's folder
 * @throws InputError naming the row whose picture is not there, or whose file would be elsewhere
 */
export async function readPictures(
  { columns, tables }: Scan,
  { column, is }: NonNullable<Roles['picture']>,
  rows: SplitRows,
  notes: Notes,
  common: Common,
  shown: string,
  request: ReadRequest,
): Promise<Source> {
  const cells: Cell[] = [];
  const folders: string[] = [];
  const prefixes: string[] = [];
  const named = new Set<string>();
  const mentioned = new Map<Table, Set<string>>();
  let bytes = 0;
  await eachBatch(tables, rows, [column, ...notes.columns], (batch, table, order, picked, start) => {
    const found = batch.columns[order[column]!]!;
    const prefix = prefixOf(table);
    if (is === 'name') addNames(found, batch.length, mentioned, table);
    for (const row of picked) {
      const cell = found[row];
      const fault = (problem: string, mend: string): InputError => {
        const place = placeText(table.counts, batch.places[row]!, columns[column]);
        return new InputError({ file: table.shown, place, problem, mend });
      };
      if (is === 'name') {
        checkName(cellText(cell), fault);
        const path = below(prefix, cellText(cell));
        if (named.has(path)) throw fault(`${quoted(cell)} is named twice`, 'name each file once');
        named.add(path);
        cells.push(cell);
      } else {
        if (!isPicture(cell)) throw fault('holds no picture', "save the table with the pictures' bytes in it");
        bytes += cell.bytes.length;
        if (bytes > request.memoryLimit) throw tooLarge(table.shown, request.memoryLimit);
        // A copy, as the bytes are part of a much longer page.
        cells.push({ ...cell, bytes: cell.bytes.slice() });
      }
      folders.push(table.folder);
      prefixes.push(prefix);
    }
    notes.add(batch, order, picked, start);
  });
  if (is === 'bytes') return pictureSource(pictureCells(cells, common, tables[0]!.table.shown), common, request);
  const rest = leftOut();
  for (const [table, names] of mentioned) {
    if (table.file !== undefined) await addUnnamed(table.folder, prefixOf(table), names, rest);
  }
  rest.tell(shown, request.notice);
  const file = (i: number): string => below(prefixes[i]!, cellText(cells[i]));
  const tree = folderTree('', '');
  const onDisk = (i: number): string => join(folders[i]!, cellText(cells[i]));
  const pictures = {
    length: cells.length,
    shown: (i: number) => printable(onDisk(i)),
    path: file,
    size: (i: number) => tree.size(onDisk(i)),
    read: (i: number) => tree.read(onDisk(i)),
  };
  return pictureSource(pictures, { ...common, origin: (i) => ({ file: file(i) }) }, request);
}

/** The table's folder below that of the data set. */
function prefixOf({ file = '' }: Table): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/')));
}

/** Keeps the names of all files that a table names, whichever split they are in. */
function addNames(cells: ArrayLike<Cell>, length: number, mentioned: Map<Table, Set<string>>, table: Table): void {
  const names = mentioned.get(table) ?? new Set();
  mentioned.set(table, names);
  for (let i = 0; i < length; i++) names.add(cellText(cells[i]));
}

function checkName(name: string, fault: (problem: string, mend: string) => InputError): void {
  if (name.trim() === '') throw fault('names no file', 'add it or take the row out');
  const isOutside = name.startsWith('/') || /^[a-z]:/i.test(name) || name.split(/[\\/]/).includes('..');
  if (isOutside) throw fault(`${quoted(name)} leads out of the folder`, 'name files below the folder of the table');
}

function pictureCells(cells: readonly Cell[], { origin }: Common, shown: string): PictureList {
  const at = (i: number) => cells[i] as { readonly bytes: Uint8Array; readonly path?: string | null };
  return {
    length: cells.length,
    shown: (i) => `${shown}, ${placeText('row', origin(i).row!)}`,
    path: (i) => `${sha256(at(i).bytes)}/${at(i).path ?? ''}`,
    size: (i) => Promise.resolve(at(i).bytes.length),
    read: (i) => Promise.resolve(at(i).bytes),
  };
}

function tooLarge(shown: string, memoryLimit: number): InputError {
  return new InputError({
    file: shown,
    problem: `its pictures take more than the memory limit of ${bytesText(memoryLimit)}`,
    mend: 'raise the limit, or save them as files in class folders',
  });
}
