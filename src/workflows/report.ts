/** From folders of results to one page that shows them side by side. */
import { readNpyFile } from '../data/npy/file.js';
import { look } from '../files.js';
import { basename, dirname, isAbsolute, join, resolve } from '../storage/paths.js';
import { InputError } from '../errors.js';
import type { Notice } from '../progress.js';
import type { ArraySource } from '../report/attribute/figures.js';
import { mapStacks } from '../report/page/map-stacks.js';
import { packMaps } from '../report/page/pack-maps.js';
import { reportPage, type PagePart } from '../report/page/report-page.js';
import { readPictures } from '../report/page/pictures-folder.js';
import { noSheets } from '../report/page/sheets.js';
import type { Result } from '../results/kinds.js';
import type { FloatArray } from '../tensor.js';
import { readResult } from '../results/result-file.js';
import { listedFiles, openResultFolder } from '../results/result-folder.js';

/** More results than this are not compared by anyone, and their pictures would fill a page. */
const MOST_RESULTS = 8;

/** Results, and the folder for the page. */
export interface ReportRequest {
  /** Folders that commands wrote, or their `result.json`. */
  readonly results: readonly string[];
  /** Folder for `index.html`. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  readonly onNotice?: Notice;
}

/** What a page shows. */
export interface ReportedResults {
  readonly parts: readonly { readonly name: string; readonly kind: string }[];
}

/**
 * Writes one page of several results.
 * @throws InputError when one cannot be read, is of a newer version or damaged, and when the page cannot be written
 */
export async function reportToFolder({
  results,
  out,
  force = false,
  onNotice,
}: ReportRequest): Promise<ReportedResults> {
  if (results.length === 0) throw new InputError('no result was named; give the folder of one or several');
  if (results.length > MOST_RESULTS) {
    throw new InputError(`${results.length} results are too many for a page; give at most ${MOST_RESULTS}`);
  }
  const folder = await openResultFolder(out, { force, reads: results });
  const parts: PagePart[] = [];
  for (const [i, path] of results.entries()) {
    const place = await folderOf(path);
    if (results.slice(0, i).some((other) => resolve(other) === resolve(path))) {
      throw new InputError({ file: path, problem: 'is named twice', mend: 'name it once' });
    }
    parts.push(await readPart(place, nameOf(place, results), onNotice));
  }
  await folder.write('index.html', reportPage(parts));
  await folder.finish();
  return { parts: parts.map(({ name, result }) => ({ name, kind: result.kind })) };
}

/** The folder of a result. */
async function folderOf(path: string): Promise<string> {
  const found = await look(path);
  if (!found)
    throw new InputError({ file: path, problem: 'no such folder', mend: 'give a folder that a command wrote' });
  return found.kind === 'folder' ? path : dirname(path);
}

async function readPart(folder: string, name: string, onNotice: Notice | undefined): Promise<PagePart> {
  const result = await readResult(join(folder, 'result.json'));
  const pictures = await readPictures(folder);
  const listed = pictures ? [] : [...((await listedFiles(folder))?.keys() ?? [])];
  const isWithoutPictures = listed.some((file) => file.startsWith('pictures/'));
  const arrays = packMaps(mapStacks(result, await arraysOf(result, folder)));
  if (isWithoutPictures) onNotice?.(`${folder}: its pictures are not beside it, so the page shows none`);
  return { name, result, sheets: pictures ?? noSheets, arrays, isWithoutPictures };
}

/**
 * The arrays that a result names, out of its folder.
 * @throws InputError when one is missing or damaged, or is said to lie elsewhere
 */
async function arraysOf(result: Result, folder: string): Promise<ArraySource> {
  const arrays = new Map<string, FloatArray>();
  for (const file of arrayFiles(result)) {
    const path = join(folder, file);
    if (isAbsolute(file) || file.split(/[\\/]/).includes('..')) {
      throw new InputError({ file: join(folder, 'result.json'), problem: `names ${file}, outside of its folder`, mend: 'give a result as a command wrote it' }); // prettier-ignore
    }
    const { shape, data } = await readNpyFile(path);
    if (Array.isArray(data)) throw new InputError({ file: path, problem: 'holds text', mend: 'run the command again' });
    arrays.set(file, { shape: [...shape], data: Float32Array.from(data as ArrayLike<number>) });
  }
  return (file) => arrays.get(file)!;
}

/** Files of arrays that stand anywhere in a result. */
function arrayFiles(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'file' in value && typeof value.file === 'string' && value.file.endsWith('.npy') ? [value.file] : [];
  return [...own, ...Object.values(value).flatMap(arrayFiles)];
}

/** The last part of a path, or all of it where another has the same. */
function nameOf(folder: string, all: readonly string[]): string {
  const short = basename(resolve(folder));
  return all.filter((other) => resolve(other).split(/[\\/]/).includes(short)).length > 1 ? folder : short;
}
