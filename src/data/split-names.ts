/** Names of folders, files and cells that stand for a split. */
import type { Split } from './dataset.js';

/** By split; in a place that has `val` but no `test`, `val` is the test split. The first name found counts. */
export const SPLIT_NAMES: Readonly<Record<Split, readonly string[]>> = {
  train: ['train', 'training'],
  test: ['test', 'testing', 'val', 'valid', 'validation', 'dev'],
};

/** The place of a name among those that stand for the same split; -1 where it stands for another one or for none. */
export function splitRank(split: Split, name: string): number {
  return SPLIT_NAMES[split].indexOf(name.trim().toLowerCase());
}

/**
 * The name that a split goes by.
 * @param names those that are there
 * @returns one of them; undefined where none stands for the split
 */
export function nameOfSplit(split: Split, names: readonly string[]): string | undefined {
  return SPLIT_NAMES[split]
    .map((wanted) => names.find((name) => name.trim().toLowerCase() === wanted))
    .find((name) => name !== undefined);
}

/** Whether a name stands for any split. */
export function isSplitName(name: string): boolean {
  return splitRank('train', name) >= 0 || splitRank('test', name) >= 0;
}
