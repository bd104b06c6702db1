/** What is asked of a model: a number of one decision, or its mean over a split. */
import type { Classifier } from '../../classifier/classifier.js';
import { asFed } from '../../classifier/feeds.js';
import type { Dataset } from '../../data/dataset.js';
import type { Measured } from './outcome.js';
import type { Query } from './subject.js';

/**
 * The measure of one example.
 * @param x as the model is fed it
 * @param target the class in question
 */
export function queryOf(x: Float32Array, target: number): Query {
  const measured: Measured = { x, targets: [target] };
  return { scale: 1, batches: () => [measured] };
}

/** Rows in one call: about as many as in a step, so that whatever was trained fits in memory here too. */
const ROWS = 100;

/** The mean of the measure over a split, each example asked about its own label. */
export function queryOfSplit(classifier: Classifier, data: Dataset): Query {
  return {
    scale: 1 / data.length,
    batches: async function* () {
      for (let start = 0; start < data.length; start += ROWS) {
        const rows = Int32Array.from({ length: Math.min(ROWS, data.length - start) }, (_, i) => start + i);
        const x = asFed(classifier, await data.examples(rows), data.shape, data.spec);
        yield { x, targets: data.labels.subarray(start, start + rows.length) };
      }
    },
  };
}

/** What a split is called where it is asked about as a whole. */
export const splitName = ({ spec, split, length }: Dataset): string => `${spec}: ${split} split (${length} examples)`;
