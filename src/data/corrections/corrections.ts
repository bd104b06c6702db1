/** Labels that a user corrected, and examples that they dropped: what a training takes in place of what the data say. */
import type { Dataset } from '../dataset.js';
import { descriptionFingerprint } from '../fingerprint.js';

/** What is corrected of a training split. Indices are those of the split as it is on the disk. */
export interface Corrections {
  /** Examples that get another class, ascending. */
  readonly relabelled: readonly { readonly index: number; readonly label: number }[];
  /** Examples that take no part in training, ascending. */
  readonly dropped: readonly number[];
}

/**
 * A training split as it was corrected. Examples keep their indices, so that a dropped one still has a picture and a place; its
 * fingerprint is another one, so that no run goes on with other corrections than it began with.
 */
export function corrected(data: Dataset, { relabelled, dropped }: Corrections): Dataset {
  const labels = data.labels.slice();
  // What lies outside is no longer the data that were corrected, as the fingerprint will say.
  for (const { index, label } of relabelled) if (index < labels.length) labels[index] = label;
  const lines = [
    data.fingerprint,
    ...relabelled.map(({ index, label }) => `${index} is ${label}`),
    ...dropped.map((index) => `${index} is dropped`),
  ];
  return { ...data, labels, dropped: new Set(dropped), fingerprint: descriptionFingerprint(lines) };
}
