/** From folders of results to one page that shows them side by side. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.js';
import type { Notice } from '../progress.js';
import { reportPage, type PagePart } from '../report/page/report-page.js';
import { readPictures } from '../report/page/pictures-folder.js';
import { noSheets } from '../report/page/sheets.js';
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
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw new InputError({ file: path, problem: 'no such folder', mend: 'give a folder that a command wrote' });
  return found.isDirectory() ? path : dirname(path);
}

async function readPart(folder: string, name: string, onNotice: Notice | undefined): Promise<PagePart> {
  const result = await readResult(join(folder, 'result.json'));
  const pictures = await readPictures(folder);
  const listed = pictures ? [] : [...((await listedFiles(folder))?.keys() ?? [])];
  const isWithoutPictures = listed.some((file) => file.startsWith('pictures/'));
  if (isWithoutPictures) onNotice?.(`${folder}: its pictures are not beside it, so the page shows none`);
  return { name, result, sheets: pictures ?? noSheets, isWithoutPictures };
}

/** The last part of a path, or all of it where another has the same. */
function nameOf(folder: string, all: readonly string[]): string {
  const short = basename(resolve(folder));
  return all.filter((other) => resolve(other).split(/[\\/]/).includes(short)).length > 1 ? folder : short;
}
