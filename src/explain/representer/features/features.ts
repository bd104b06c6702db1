/** Rows of features: what the last linear layer sees of each example. */
import { InputError } from '../../../errors.js';
import { countText } from '../../../data/printable.js';
import type { Tensor } from '../../../tensor.js';

/** A matrix of features, one row per example, row-major. */
export interface FeatureMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array | Float64Array;
}

/** Up to this size features are held in float64, so that no pass over them has to convert. */
const LARGEST_DOUBLE = 2 ** 30;

/** Bytes of features that one call of a graph works on: what comes out stays small, and caches are used well. */
const BLOCK_BYTES = 2 ** 25;

/** The features in float64 where they are small enough for that. */
export function widened(features: FeatureMatrix): FeatureMatrix {
  const { data } = features;
  if (data instanceof Float64Array || data.length * 8 > LARGEST_DOUBLE) return features;
  return { ...features, data: new Float64Array(data) };
}

/** Consecutive rows, as views. */
export interface RowBlock {
  readonly start: number;
  readonly rows: number;
  readonly tensor: Tensor;
}

/** The features as blocks of rows, without a copy. */
export function* rowBlocks({ rows, columns, data }: FeatureMatrix, bytes = BLOCK_BYTES): Generator<RowBlock> {
  const size = Math.max(1, Math.floor(bytes / (columns * data.BYTES_PER_ELEMENT)));
  for (let start = 0; start < rows; start += size) {
    const end = Math.min(rows, start + size);
    const part = data.subarray(start * columns, end * columns);
    yield { start, rows: end - start, tensor: floatTensor(part, [end - start, columns]) };
  }
}

/** A tensor over features, in the type that they are held in. */
export function floatTensor(data: Float32Array | Float64Array, dims: readonly number[]): Tensor {
  return { type: data instanceof Float64Array ? 'float64' : 'float32', dims, data };
}

/** One row, as a view. */
export function rowOf<T extends Float32Array | Float64Array>(data: T, columns: number, row: number): T {
  return data.subarray(row * columns, (row + 1) * columns) as T;
}

/** Indices of so many rows, evenly spread; all of them where there are no more. */
export function evenRows({ rows }: Pick<FeatureMatrix, 'rows'>, count: number): Int32Array {
  const length = Math.min(count, rows);
  return Int32Array.from({ length }, (_, i) => Math.floor((i * rows) / length));
}

/** Some rows, copied. */
export function selectRows({ columns, data }: FeatureMatrix, indices: ArrayLike<number>): FeatureMatrix {
  const chosen =
    data instanceof Float64Array
      ? new Float64Array(indices.length * columns)
      : new Float32Array(indices.length * columns);
  for (let i = 0; i < indices.length; i++) chosen.set(rowOf(data, columns, indices[i]!), i * columns);
  return { rows: indices.length, columns, data: chosen };
}

/** @throws InputError at the first value that is no finite number, as a model with broken weights computes them */
export function checkFinite({ columns, data }: FeatureMatrix, what: string): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i]!)) continue;
    throw new InputError(
      `${what}: the features of example ${countText(Math.floor(i / columns))} hold ${data[i]!} at position ${i % columns}; ` +
        'look for weights or examples that are not finite numbers',
    );
  }
}
