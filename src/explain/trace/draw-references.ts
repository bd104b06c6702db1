/** Which inputs a trace contrasts with. */
import type { Dataset, ExampleOrigin, Split } from '../../data/dataset.js';
import { seededRandom } from '../../numeric/random.js';
import { elementCount } from '../../tensor.js';

/** Where reference inputs come from. */
export type ReferenceData = Pick<Dataset, 'split' | 'length' | 'shape' | 'labels' | 'origin' | 'examples'>;

/** Stored examples that were drawn. */
export interface DrawnReferences {
  readonly split: Split;
  /** Ascending. */
  readonly indices: readonly number[];
  /** Where each of them is. */
  readonly origins: readonly ExampleOrigin[];
  /** Of one example. */
  readonly shape: readonly number[];
  readonly data: readonly (Uint8Array | Float32Array)[];
}

/** The purpose of the stream of random numbers. */
const PURPOSE = 0x7ace;

/**
 * Draws examples without replacement; all where there are no more. Which ones follows from the seed and the size of the
 * split alone, so that an input is explained in the same way whatever is explained with it. An input that is among them
 * itself is no matter: its contrast with all is (n − 1) / n of that with the others, and ranks the same.
 */
export async function drawReferences(from: ReferenceData, count: number, seed: number): Promise<DrawnReferences> {
  const order = Int32Array.from({ length: from.length }, (_, i) => i);
  const indices = Array.from(seededRandom(seed, PURPOSE).shuffle(order).subarray(0, count)).sort((a, b) => a - b);
  const all = await from.examples(indices);
  const size = elementCount(from.shape);
  const data = indices.map((_, i) => all.slice(i * size, (i + 1) * size));
  const origins = indices.map((index) => from.origin(index));
  return { split: from.split, indices, origins, shape: from.shape, data };
}
