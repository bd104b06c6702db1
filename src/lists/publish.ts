/** A result with everything that lies beside it, written into its folder (Node only). */
import type { Result } from '../results/kinds.js';
import { resultText } from '../results/result-file.js';
import type { ResultFolder } from '../results/result-folder.js';
import { listCsv } from './csv.js';
import type { List } from './list.js';
import { listParquet } from './parquet.js';

/** Files of a page. */
export interface Page {
  readonly write: (folder: Pick<ResultFolder, 'write'>) => Promise<void>;
}

/**
 * Writes the lists that hold anything as CSV and Parquet, `result.json`, and the page last; then says which files are ours.
 * @throws InputError when something cannot be written
 */
export async function publish(
  folder: ResultFolder,
  result: Result,
  lists: readonly List[],
  page?: Page,
): Promise<void> {
  for (const list of lists) {
    if (list.rows.length === 0) continue;
    await folder.write(`${list.name}.csv`, listCsv(list));
    await folder.write(`${list.name}.parquet`, listParquet(list));
  }
  await folder.write('result.json', resultText(result));
  await page?.write(folder);
  await folder.finish();
}
