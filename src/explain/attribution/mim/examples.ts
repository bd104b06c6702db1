/** A data set as layered explanations read it. */
import type { Dataset } from '../../../data/dataset.js';
import type { Classifier } from '../../../classifier/classifier.js';
import { asFed } from '../../../classifier/feeds.js';
import type { ExampleSource } from './layer-activations.js';

/**
 * Examples of a data set as the model takes them: all, or some spread evenly over it.
 * @throws InputError where they do not fit
 */
export function exampleSource(
  data: Dataset,
  classifier: Pick<Classifier, 'input' | 'normalization'>,
  most: number,
): ExampleSource {
  const count = Math.min(data.length, most);
  return {
    count,
    rows: async (from, to) => {
      const indices = Int32Array.from({ length: to - from }, (_, i) => Math.floor(((from + i) * data.length) / count));
      return asFed(classifier, await data.examples(indices), data.shape, data.spec);
    },
  };
}
