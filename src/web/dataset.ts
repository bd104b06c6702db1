/** Data sets that are arrays: what a page has in the place of files. */
import type { Dataset, ExampleArray, Split } from '../data/dataset.js';
import { toPicture } from '../data/pictures/pictures.js';
import { InputError } from '../errors.js';
import { elementCount } from '../tensor.js';
import { sha256Hex } from './sha256.js';

/** Examples and their labels. */
export interface ArrayData {
  /** What messages and results call the data. */
  readonly name: string;
  /** All examples, row-major: `[labels.length, …shape]`. Bytes are pixels, 0–255, floats are fed as they are. */
  readonly examples: ExampleArray;
  /** The class of each example, from 0. */
  readonly labels: ArrayLike<number>;
  /** Of one example: `[channels, height, width]` for images, `[features]` or more for vectors. */
  readonly shape: readonly number[];
  /** One for each class; the numbers of the classes by default. */
  readonly classNames?: readonly string[] | undefined;
  /** `image` by default where the shape is that of a grey or coloured picture. */
  readonly kind?: Dataset['kind'] | undefined;
  /** Which part of the data this is, `train` by default. */
  readonly split?: Split | undefined;
}

/**
 * Arrays as a data set that training and explanations take. The arrays are not copied; leave them as they are.
 * @throws InputError when there are no examples, or arrays, shape and names do not fit together
 */
export async function arrayDataset(given: ArrayData): Promise<Dataset> {
  const { name, examples, shape, split = 'train' } = given;
  const labels = Int32Array.from(given.labels);
  const size = elementCount(shape);
  check(given, labels, size);
  const isPicture = shape.length === 3 && (shape[0] === 1 || shape[0] === 3);
  const kind = given.kind ?? (isPicture ? 'image' : 'vector');
  const elementType = examples instanceof Uint8Array ? 'uint8' : 'float32';
  const classes = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const at = (index: number) => {
    if (!(index >= 0 && index < labels.length)) throw new RangeError(`${name}: there is no example ${index}`);
    return examples.subarray(index * size, (index + 1) * size);
  };
  return {
    spec: name,
    name,
    split,
    length: labels.length,
    shape,
    classNames: given.classNames ?? Array.from({ length: classes }, (_, i) => String(i)),
    labels,
    elementType,
    kind,
    fingerprint: await fingerprintOf(elementType, shape, labels, examples),
    all: examples,
    origin: (index) => ({ row: index }),
    examples: (indices) => {
      const result = elementType === 'uint8' ? new Uint8Array(indices.length * size) : new Float32Array(indices.length * size); // prettier-ignore
      for (let i = 0; i < indices.length; i++) result.set(at(indices[i]!), i * size);
      return Promise.resolve(result);
    },
    picture: (index) => {
      if (kind !== 'image') throw new TypeError(`${name}: holds no images`);
      return Promise.resolve(toPicture(at(index), shape));
    },
  };
}

function check({ name, examples, shape, classNames }: ArrayData, labels: Int32Array, size: number): void {
  const refuse = (problem: string, mend: string): never => {
    throw new InputError({ file: name, problem, mend });
  };
  if (labels.length === 0) refuse('there are no examples', 'give `examples` and `labels`');
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim > 0)) {
    refuse(`\`shape\` [${shape.join(', ')}] is no list of sizes`, 'give the dimensions of one example');
  }
  if (examples.length !== labels.length * size) {
    const expected = `${labels.length} × ${size} for ${labels.length} labels of shape [${shape.join(', ')}]`;
    refuse(`${examples.length} numbers, expected ${expected}`, 'give `[labels.length, …shape]`');
  }
  const classes = classNames?.length ?? Infinity;
  const wrong = labels.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0) {
    refuse(
      `example ${wrong} has label ${labels[wrong]}`,
      `labels count from 0${classNames ? ` to ${classes - 1}` : ''}`,
    );
  }
}

/** The same as of a data set read from files with the same contents: see `contentFingerprint`. */
async function fingerprintOf(
  elementType: string,
  shape: readonly number[],
  labels: Int32Array,
  examples: ExampleArray,
): Promise<string> {
  const head = new TextEncoder().encode(JSON.stringify([elementType, labels.length, ...shape]));
  const parts = [head, labels, examples].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return sha256Hex(all);
}
