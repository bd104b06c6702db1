/** From stored examples to what a classifier is fed with. */
import type { Dataset, ExampleArray } from '../data/dataset.js';
import { exampleDims } from '../data/example-shape.js';
import { normalize } from '../data/normalization.js';
import { InputError } from '../errors.js';
import { elementCount, float32, float64, int32, int64, type ElementType, type Tensor } from '../tensor.js';
import type { Classifier, ExampleInput } from './classifier.js';

/** Data sets hold bytes and floats; a model may take whole numbers (tokens) or doubles. */
const TENSORS: Readonly<Partial<Record<ElementType, (values: Float32Array, dims: readonly number[]) => Tensor>>> = {
  float32,
  float64,
  int32,
  int64,
  uint64: (values, dims) => ({ type: 'uint64', dims, data: BigUint64Array.from(Array.from(values), BigInt) }),
  int8: (values, dims) => ({ type: 'int8', dims, data: Int8Array.from(values) }),
  uint8: (values, dims) => ({ type: 'uint8', dims, data: Uint8Array.from(values) }),
  int16: (values, dims) => ({ type: 'int16', dims, data: Int16Array.from(values) }),
  uint16: (values, dims) => ({ type: 'uint16', dims, data: Uint16Array.from(values) }),
  uint32: (values, dims) => ({ type: 'uint32', dims, data: Uint32Array.from(values) }),
  bool: (values, dims) => ({ type: 'bool', dims, data: Uint8Array.from(values) }),
};

/** The least and the largest whole number of each type that takes no others; a truth value is 0 or 1. */
const RANGES: Readonly<Partial<Record<ElementType, readonly [number, number]>>> = {
  bool: [0, 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  // A float32 next to the limit is 2^40 away from it.
  int64: [-(2 ** 63), 2 ** 63 - 2 ** 39],
  uint64: [0, 2 ** 64 - 2 ** 40],
};

/**
 * Checks that an input can hold all these numbers as they are.
 * @param size elements of one example
 * @param what the examples, for messages
 * @throws InputError for parts of whole numbers, or numbers outside the type's range, where the input takes whole numbers
 */
export function checkWhole({ name, type }: ExampleInput, values: ArrayLike<number>, size: number, what: string): void {
  const range = RANGES[type];
  if (!range) return;
  const [least, largest] = range;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isInteger(value) && value >= least && value <= largest) continue;
    throw new InputError(
      `${what}: element ${i % size} of an example is ${value}, but the input "${name}" takes ${type}, ` +
        `whole numbers from ${least} to ${largest}; give such`,
    );
  }
}

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
      : new Float32Array(examples);
  // Bytes are finite, and so is what they are normalised to.
  const place = examples instanceof Float32Array ? firstNotFinite(fed) : -1;
  if (place >= 0) {
    throw new InputError(`${what}: element ${place % elementCount(shape)} is not a finite number; replace it`);
  }
  checkWhole(input, fed, elementCount(shape), what);
  return fed;
}

/** A plain loop: a whole data set passes here. @returns -1 where all are */
function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** A tensor of so many examples, of the type that the input has. @throws InputError where examples cannot become such */
export function feedTensor({ name, type, dims }: ExampleInput, values: Float32Array, rows: number): Tensor {
  const tensor = TENSORS[type];
  if (!tensor)
    throw new InputError(`the input "${name}" takes ${type}, but examples are numbers; export it with float32`);
  return tensor(values, [rows, ...dims]);
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
