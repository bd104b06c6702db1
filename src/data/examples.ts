/** Reading many examples: side by side but never too many at once. */
import type { ExampleArray } from './dataset.js';
import { InputError } from '../errors.js';
import { UnreadableImage } from './pictures/image-file.js';
import { countText } from './printable.js';
import type { ReadExample } from './source.js';

// Twice libuv's usual four threads, so that none of them waits for work; bounds the pictures decoded at the same time.
const AT_ONCE = 8;

// How many examples pass between two reports of progress.
const REPORT_EVERY = 200;

/** A fresh array for `length` elements. */
export function allocateExamples(elementType: 'uint8' | 'float32', length: number): ExampleArray {
  return elementType === 'uint8' ? new Uint8Array(length) : new Float32Array(length);
}

/**
 * Runs a task for 0 … n − 1, a few at a time.
 * @param atOnce how many
 * @throws the first error, after the tasks that had begun are done
 */
export async function inParallel(n: number, task: (index: number) => Promise<void>, atOnce = AT_ONCE): Promise<void> {
  let next = 0;
  const errors: unknown[] = [];
  const work = async (): Promise<void> => {
    while (next < n && errors.length === 0) await task(next++).catch((error: unknown) => errors.push(error));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, n) }, work));
  if (errors.length > 0) throw errors[0];
}

/** Reads the examples at these indices into one array. */
export async function readExamples(
  indices: ArrayLike<number>,
  size: number,
  elementType: 'uint8' | 'float32',
  read: ReadExample,
): Promise<ExampleArray> {
  const target = allocateExamples(elementType, indices.length * size);
  await inParallel(indices.length, (i) => read(indices[i]!, target.subarray(i * size, (i + 1) * size)));
  return target;
}

/**
 * Reads all examples into one array.
 * @throws InputError that names the first unreadable image and says how many there are
 */
export async function readAllExamples(
  length: number,
  size: number,
  elementType: 'uint8' | 'float32',
  read: ReadExample,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<ExampleArray> {
  const target = allocateExamples(elementType, length * size);
  const unreadable: { index: number; error: UnreadableImage }[] = [];
  let done = 0;
  await inParallel(length, async (index) => {
    try {
      await read(index, target.subarray(index * size, (index + 1) * size));
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      unreadable.push({ index, error });
    }
    done++;
    if (done % REPORT_EVERY === 0 || done === length) onProgress(done, length);
  });
  if (unreadable.length === 0) return target;
  const first = unreadable.reduce((a, b) => (a.index < b.index ? a : b)).error;
  if (unreadable.length === 1) throw first;
  throw new InputError(`${first.message}; ${countText(unreadable.length)} of ${countText(length)} images are like it`, {
    cause: first,
  });
}
