/** Which training examples the last layer sees much as it sees an input. */
import type { Classifier } from '../classifier/classifier.js';
import type { Dataset } from '../data/dataset.js';
import type { Input } from '../data/input.js';
import { explainedLayer } from '../explain/representer/last-layer.js';
import { openBody } from '../explain/representer/features/body.js';
import { rowOf } from '../explain/representer/features/features.js';
import type { Runtime } from '../runtime/runtime.js';

/** A training example and how like the input it is. */
export interface Neighbour {
  /** Its 0-based index in the data set. */
  readonly index: number;
  readonly label: number;
  /** Cosine of the last layer's features of both, −1 to 1. */
  readonly similarity: number;
}

/** Training examples to compare inputs with. */
export interface Neighbours {
  /** The examples most like an input, most alike first. @throws InputError for an input that does not fit */
  nearest(input: Input, count: number): Promise<Neighbour[]>;
  release(): Promise<void>;
}

/** Examples in one call. */
const ROWS = 128;

/**
 * Computes the last layer's features of a data set, which inputs are then compared with. It is a cheap baseline: alike is not what
 * a decision was learnt from, which `MemoryTraining.trace` tells.
 * @param onProgress told how many examples are done
 * @throws InputError where the model does not end in a linear layer, or the data do not fit it
 */
export async function openNeighbours(
  classifier: Classifier,
  data: Dataset,
  runtime: Runtime,
  onProgress?: (done: number, total: number) => void,
): Promise<Neighbours> {
  const layer = explainedLayer(classifier, undefined, 'the model');
  const body = await openBody(classifier, layer, runtime);
  const { columns } = layer;
  const directions = new Float32Array(data.length * columns);
  for (let first = 0; first < data.length; first += ROWS) {
    const rows = Int32Array.from({ length: Math.min(ROWS, data.length - first) }, (_, i) => first + i);
    const { features } = await body.compute(await data.examples(rows), data.shape, data.spec);
    for (let i = 0; i < rows.length; i++) {
      directions.set(directionOf(rowOf(features.data, columns, i)), (first + i) * columns);
    }
    onProgress?.(first + rows.length, data.length);
  }
  return {
    nearest: async (input, count) => {
      const { features } = await body.compute(input.data, input.shape, input.name);
      const own = directionOf(rowOf(features.data, columns, 0));
      const found = Array.from(data.labels, (label, index): Neighbour => {
        let similarity = 0;
        for (let k = 0, at = index * columns; k < columns; k++, at++) similarity += own[k]! * directions[at]!;
        return { index, label, similarity };
      });
      return found.sort((a, b) => b.similarity - a.similarity || a.index - b.index).slice(0, count);
    },
    release: () => body.release(),
  };
}

/** A vector of length 1; of features that are all 0, which are like nothing, zeros. */
function directionOf(vector: ArrayLike<number>): Float32Array {
  let squares = 0;
  for (let k = 0; k < vector.length; k++) squares += vector[k]! ** 2;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  return Float32Array.from(vector, (value) => value * scale);
}
