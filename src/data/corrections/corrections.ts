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

/** Indices of the examples that take part, ascending. */
export function takingPart({ length, dropped }: Pick<Dataset, 'length' | 'dropped'>): Int32Array {
  const all = Int32Array.from({ length }, (_, index) => index);
  return dropped ? all.filter((index) => !dropped.has(index)) : all;
}

/**
 * The examples that take part as a data set of their own, which says by `members` what each is in the split; the data set itself
 * where none is dropped.
 */
export function withoutDropped(data: Dataset): Dataset {
  if (!data.dropped || data.dropped.size === 0) return data;
  const { all, origin } = data;
  const members = takingPart(data);
  const size = all && all.length / data.length;
  const of = (index: number) => members[index] ?? data.length;
  return {
    ...data,
    length: members.length,
    labels: members.map((index) => data.labels[index]!),
    dropped: undefined,
    members,
    all: size === undefined ? undefined : together(all!, members, size),
    origin: (index) => origin(of(index)),
    examples: (indices) => data.examples(Int32Array.from(indices, of)),
    picture: (index) => data.picture(of(index)),
  };
}

function together<A extends Uint8Array | Float32Array>(all: A, members: Int32Array, size: number): A {
  const kept = all.slice(0, members.length * size) as A;
  members.forEach((index, i) => kept.set(all.subarray(index * size, (index + 1) * size), i * size));
  return kept;
}

/** Numbers of examples, [queries, examples], row-major. */
interface OfExamples {
  readonly queries: number;
  readonly examples: number;
  readonly values: Float64Array;
}

/**
 * Numbers of the examples that take part as numbers of all examples of their split: 0 for those dropped.
 * @param length how many examples the split has
 */
export function ofAllExamples<M extends OfExamples>(
  matrix: M,
  { members }: Pick<Dataset, 'members'>,
  length: number,
): M {
  if (!members) return matrix;
  const { queries, examples, values } = matrix;
  const spread = new Float64Array(queries * length);
  for (let q = 0; q < queries; q++) {
    members.forEach((index, i) => (spread[q * length + index] = values[q * examples + i]!));
  }
  return { ...matrix, examples: length, values: spread };
}
