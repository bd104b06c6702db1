/** Training examples as the graph takes them: a stored array to gather from, and indices into it. */
import type { Dataset } from '../data/dataset.js';
import type { Classifier } from '../classifier/classifier.js';
import { checkWhole } from '../classifier/feeds.js';
import { exampleDims } from '../data/example-shape.js';
import { InputError } from '../errors.js';
import { elementCount, float32, int64, type Tensor } from '../tensor.js';
import { TRAINING_INPUTS } from './training-inputs.js';

/** Examples of a data set, ready to be fed. */
export interface ExamplePool {
  readonly length: number;
  readonly storedType: 'uint8' | 'float32';
  /** What the loss of each example is multiplied by. */
  readonly sampleWeights: Float32Array;
  /** The same examples with other weights. */
  weighted(sampleWeights: Float32Array): ExamplePool;
  /**
   * Feeds for some batches.
   * @param batches indices of examples, one array a batch
   * @returns the `pool`, `labels` and `weights` inputs, and the batches as indices into them
   */
  select(
    batches: readonly Int32Array[],
  ): Promise<{ readonly feeds: Record<string, Tensor>; readonly indices: readonly Int32Array[] }>;
}

/**
 * A data set that fits in memory is one input, never copied; of a larger one each call gets just the examples it uses.
 * @param sampleWeights what the loss of each example is multiplied by; 1 by default
 * @throws InputError when the examples are of another size than the model takes, or labels lie outside its classes
 */
export function createPool(
  data: Dataset,
  { input, classes }: Pick<Classifier, 'input' | 'classes'>,
  sampleWeights: Float32Array = new Float32Array(data.length).fill(1),
): ExamplePool {
  checkLabels(data, classes);
  const { elementType: storedType, length } = data;
  const dims = exampleDims(data.spec, data.shape, input.dims);
  const feeds = (
    examples: Tensor['data'],
    labels: ArrayLike<number>,
    weights: Float32Array,
  ): Record<string, Tensor> => ({
    [TRAINING_INPUTS.pool]: { type: storedType, dims: [labels.length, ...dims], data: examples },
    [TRAINING_INPUTS.labels]: int64(labels),
    [TRAINING_INPUTS.weights]: float32(weights, [labels.length]),
  });
  // The graph casts what is stored, and would cut off what the input cannot hold.
  const check = (examples: ArrayLike<number>) => checkWhole(input, examples, elementCount(input.dims), data.spec);
  const { all } = data;
  if (all) check(all);
  const weighted = (ofExamples: Float32Array): ExamplePool => ({
    length,
    storedType,
    sampleWeights: ofExamples,
    weighted,
    select: async (batches) => {
      if (all) return { feeds: feeds(all, data.labels, ofExamples), indices: batches };
      const used = Int32Array.from(new Set(batches.flatMap((batch) => [...batch])));
      const place = new Map(Array.from(used, (index, i) => [index, i]));
      const labels = used.map((index) => data.labels[index]!);
      const examples = await data.examples(used);
      check(examples);
      return {
        feeds: feeds(
          examples,
          labels,
          Float32Array.from(used, (index) => ofExamples[index]!),
        ),
        indices: batches.map((batch) => batch.map((index) => place.get(index)!)),
      };
    },
  });
  return weighted(sampleWeights);
}

function checkLabels(data: Dataset, classes: number): void {
  if (data.length === 0) throw new InputError(`${data.spec}: the ${data.split} split holds no examples`);
  const wrong = data.labels.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0) {
    throw new InputError(
      `${data.spec}: example ${wrong} of the ${data.split} split has label ${data.labels[wrong]}, but the model has classes 0 to ${classes - 1}`,
    );
  }
}
