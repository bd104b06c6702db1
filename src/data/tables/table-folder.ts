/** Which tables of a folder are the data set, and which split each of them is. */
import { join } from '../../storage/paths.js';
import { InputError } from '../../errors.js';
import { below } from '../archives/file-tree.js';
import type { Split } from '../dataset.js';
import { isImageName } from '../pictures/image-file.js';
import { listFolder } from '../place.js';
import { printable, someOf } from '../printable.js';
import type { Place } from '../source.js';
import { isSplitName, nameOfSplit, splitRank } from '../split-names.js';
import { isTableName, tableStem } from './open-table.js';

/** A table of a folder. */
export interface TableFile {
  /** Below the data set's folder. */
  readonly file: string;
  readonly split?: Split | undefined;
}

/** The tables of a folder. */
export interface TableFolder {
  readonly tables: readonly TableFile[];
  /** Tables that are not read. */
  readonly others: readonly string[];
}

/** Hugging Face's name for the part of a split: `train-00000-of-00002`. */
const SHARD = /-\d+-of-\d+(-[0-9a-f]+)?$/;

/**
 * Finds the tables of a data set: `metadata.csv` beside pictures, in `train/` and `test/` or above them; `train.csv` and
 * `test.csv`; or one table. They may lie in `data/`, or in the only folder that there is.
 * @returns undefined where the folder is none of tables
 * @throws InputError where it holds several tables that are no splits
 */
export async function findTables(place: Place): Promise<TableFolder | undefined> {
  const metadata = place.files.find(isMetadata);
  if (metadata !== undefined) return { tables: [{ file: metadata }], others: [] };
  const described = await metadataOfSplits(place);
  if (described) return described;
  const here = place.files.filter(isTableName);
  if (here.length > 0) {
    // Beside class folders, a table is something else, unless its name says what it is.
    const isMeant =
      place.folders.length === 0 || here.some((name) => splitWord(name) ?? /^labels$/i.test(tableStem(name)));
    return isMeant ? chosen(place, '', here) : undefined;
  }
  const inner = place.folders.length === 1 ? place.folders[0]! : place.folders.find((name) => name === 'data');
  if (inner === undefined) return undefined;
  const { files, folders } = await listFolder(join(place.path, inner));
  const there = files.filter(isTableName);
  return there.length > 0 && folders.length === 0 && !files.some(isImageName) ? chosen(place, inner, there) : undefined;
}

const isMetadata = (name: string): boolean => isTableName(name) && /^metadata$/i.test(tableStem(name));

/** `train/metadata.csv` and the like. */
async function metadataOfSplits({ path, folders }: Place): Promise<TableFolder | undefined> {
  const tables: TableFile[] = [];
  for (const split of ['train', 'test'] as const) {
    const name = nameOfSplit(split, folders);
    if (name === undefined) continue;
    const found = (await listFolder(join(path, name))).files.find(isMetadata);
    if (found !== undefined) tables.push({ file: below(name, found), split });
  }
  return tables.length > 0 ? { tables, others: [] } : undefined;
}

/** The split that the name of a table says: `train.csv`, `mnist_test.csv`, `validation-00000-of-00001.parquet`. */
function splitWord(name: string): string | undefined {
  return tableStem(name)
    .replace(SHARD, '')
    .split(/[-_. ]/)
    .find(isSplitName);
}

function chosen({ shown }: Place, folder: string, names: readonly string[]): TableFolder {
  const words = names.map(splitWord);
  const shownFolder = folder === '' ? shown : `${shown}/${printable(folder)}`;
  const found = words.filter((word) => word !== undefined);
  if (found.length === 0) {
    const isOne = names.every((name) => SHARD.test(tableStem(name))) || names.length === 1;
    if (isOne) return { tables: names.map((name) => ({ file: below(folder, name) })), others: [] };
    throw new InputError({
      file: shownFolder,
      problem: `holds several tables (${someOf(names)}), and their names say no split`,
      mend: 'call them train and test, or give one of them',
    });
  }
  const tables: TableFile[] = [];
  for (const split of ['train', 'test'] as const) {
    const word = nameOfSplit(split, found);
    if (word === undefined) continue;
    names.forEach((name, i) => {
      const isSame = words[i] !== undefined && splitRank(split, words[i]) === splitRank(split, word);
      if (isSame) tables.push({ file: below(folder, name), split });
    });
  }
  const read = new Set(tables.map(({ file }) => file));
  return { tables, others: names.filter((name) => !read.has(below(folder, name))) };
}
