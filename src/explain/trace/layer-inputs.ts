/** The inputs of layers for many examples. */
import type { Activations } from '../../classifier/activations.js';
import { elementCount, type Tensor } from '../../tensor.js';

/** What the inputs of all layers may take together; those that take more are computed again for each layer. */
const KEPT_BYTES = 2 ** 28;

/**
 * Computes the inputs of all layers of an example in one run, and keeps them while they fit into memory.
 * @param values the layers' inputs
 * @param examples as the model takes them
 * @returns a value for each example, with a batch of one
 */
export async function openLayerInputs(
  activations: Activations,
  values: readonly string[],
  examples: readonly Float32Array[],
): Promise<(value: string) => Promise<Tensor[]>> {
  const kept: Readonly<Record<string, Tensor>>[] = [];
  for (const example of examples) {
    const found = await activations.allOf(values, example);
    const bytes = Object.values(found).reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0);
    if (bytes * examples.length > KEPT_BYTES) return (value) => activations.of(value, examples);
    kept.push(found);
  }
  return (value) => Promise.resolve(kept.map((found) => found[value]!));
}
