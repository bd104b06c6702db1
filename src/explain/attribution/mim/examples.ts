/** A data set as layered explanations read it. */
import type { Dataset } from '../../../data/dataset.js';
import { exampleDims } from '../../../data/example-shape.js';
import { normalize, type Normalization } from '../../../data/normalization.js';
import type { ExampleSource } from './layer-activations.js';

/**
 * Examples of a data set as the model takes them: all, or some spread evenly over it.
 * @throws InputError where they do not fit
 */
export function exampleSource(
  data: Dataset,
  normalization: Normalization,
  dims: readonly number[],
  most: number,
): ExampleSource {
  const fed = exampleDims(data.spec, data.shape, dims);
  if (fed.join() !== dims.join()) throw new Error('internal: examples fit under other dimensions');
  const count = Math.min(data.length, most);
  return {
    count,
    rows: async (from, to) => {
      const indices = Int32Array.from({ length: to - from }, (_, i) => Math.floor(((from + i) * data.length) / count));
      return normalize(await data.examples(indices), data.shape, normalization);
    },
  };
}
