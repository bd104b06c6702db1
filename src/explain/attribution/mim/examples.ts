/** A data set as layered explanations read it. */
import type { Dataset, ExampleOrigin, Split } from '../../../data/dataset.js';
import type { Classifier } from '../../../classifier/classifier.js';
import { asFed } from '../../../classifier/feeds.js';
import type { RowSource } from './layer-activations.js';

/** An example of a data set: its index there, its class, and where it is. */
export interface NamedExample extends ExampleOrigin {
  readonly index: number;
  readonly label: number;
}

/** Examples of a data set that can be told by name. */
export interface ExampleSource extends RowSource {
  readonly split: Split;
  /** @param position from 0 to `count` − 1 */
  example(position: number): NamedExample;
}

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
  const indexOf = (position: number) => Math.floor((position * data.length) / count);
  return {
    count,
    split: data.split,
    example: (position) => {
      const index = indexOf(position);
      return { index, label: data.labels[index]!, ...data.origin(index) };
    },
    rows: async (from, to) => {
      const indices = Int32Array.from({ length: to - from }, (_, i) => indexOf(from + i));
      return asFed(classifier, await data.examples(indices), data.shape, data.spec);
    },
  };
}
