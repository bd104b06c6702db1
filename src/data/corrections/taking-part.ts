/** Which examples of a split take part in training: all that were not dropped. */
import type { Dataset } from '../dataset.js';

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
