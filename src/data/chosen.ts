/** Some examples of a data set as a data set of their own, in memory. */
import { elementCount } from '../tensor.js';
import type { Dataset } from './dataset.js';

/**
 * Reads examples of a data set once.
 * @param indices which of them; those of the new data set count from 0 in this order
 */
export async function chosenExamples(data: Dataset, indices: ArrayLike<number>): Promise<Dataset> {
  const all = await data.examples(indices);
  const size = elementCount(data.shape);
  const original = (index: number) => indices[index]!;
  return {
    ...data,
    length: indices.length,
    labels: Int32Array.from(indices, (index) => data.labels[index]!),
    all,
    origin: (index) => data.origin(original(index)),
    examples: (wanted) => {
      const count = wanted.length * size;
      const found = data.elementType === 'uint8' ? new Uint8Array(count) : new Float32Array(count);
      Array.from(wanted).forEach((index, i) => found.set(all.subarray(index * size, (index + 1) * size), i * size));
      return Promise.resolve(found);
    },
    picture: (index) => data.picture(original(index)),
  };
}
