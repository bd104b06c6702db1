/** From stored examples to what a classifier is fed with. */
import type { Dataset, ExampleArray } from '../data/dataset.js';
import { exampleDims } from '../data/example-shape.js';
import { normalize } from '../data/normalization.js';
import { InputError } from '../errors.js';
import { elementCount, float32, float64, int32, int64, type ElementType, type Tensor } from '../tensor.js';
import type { Classifier, ExampleInput } from './classifier.js';

/** Data sets hold bytes and floats; a model may take whole numbers (tokens) or doubles. */
const TENSORS: Readonly<Partial<Record<ElementType, (values: Float32Array, dims: readonly number[]) => Tensor>>> = {
  float64,
  int32,
  int64,
};

/**
 * Stored examples as numbers that the model takes, `[rows, …input]`.
 * @param shape of one stored example
 * @param what the examples, for messages
 * @throws InputError for examples of another size, or numbers that are not finite
 */
export function asFed(
  { input, normalization }: Pick<Classifier, 'input' | 'normalization'>,
  examples: ExampleArray,
  shape: readonly number[],
  what: string,
): Float32Array {
  exampleDims(what, shape, input.dims);
  const fed =
    normalization || examples instanceof Float32Array
      ? normalize(examples, shape, normalization)
      : Float32Array.from(examples);
  const place = fed.findIndex((value) => !Number.isFinite(value));
  if (place < 0) return fed;
  throw new InputError(`${what}: element ${place % elementCount(shape)} is not a finite number; replace it`);
}

/** A tensor of so many examples, of the type that the input has. */
export function feedTensor({ type, dims }: ExampleInput, values: Float32Array, rows: number): Tensor {
  return (TENSORS[type] ?? float32)(values, [rows, ...dims]);
}

/**
 * A tensor of as many examples as a call must have: those that are missing are copies of the first.
 * @param batch rows of every call; undefined where any number will do
 */
export function padded(input: ExampleInput, values: Float32Array, rows: number, batch: number | undefined): Tensor {
  if (batch === undefined || rows === batch) return feedTensor(input, values, rows);
  const size = values.length / rows;
  const all = new Float32Array(batch * size);
  all.set(values);
  for (let row = rows; row < batch; row++) all.copyWithin(row * size, 0, size);
  return feedTensor(input, all, batch);
}

/** Examples that a classifier is tried on before all others. */
const TRIED = 4;

/** The first examples of a data set as a classifier takes them, for `examine`. @throws InputError as `asFed` does */
export async function firstExamples(classifier: Classifier, data: Dataset): Promise<Float32Array[]> {
  const rows = Int32Array.from({ length: Math.min(TRIED, data.length) }, (_, i) => i);
  if (rows.length === 0) return [];
  const stored = await data.examples(rows);
  const size = stored.length / rows.length;
  return Array.from(rows, (_, i) => asFed(classifier, stored.slice(i * size, (i + 1) * size), data.shape, data.spec));
}
