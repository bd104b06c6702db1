/** Weights of a last layer in an `.npz` feature file: `weight` [outputs, features] and `bias` [outputs] (Node only). */
import { readNpy } from '../../data/npy.js';
import { printable, shapeText } from '../../data/printable.js';
import { withZip } from '../../data/zip.js';
import { InputError } from '../../errors.js';

/** A last layer that came with its features. */
export interface StoredLayer {
  readonly outputs: number;
  readonly columns: number;
  readonly bias: boolean;
  /** As the solver lays them out. */
  readonly weights: Float64Array;
}

/**
 * Reads the last layer that a feature file brings along; undefined where it has none.
 * @throws InputError when weight and bias do not fit each other
 */
export async function readStoredLayer(path: string): Promise<StoredLayer | undefined> {
  return withZip(path, async ({ names, read }) => {
    const array = (name: string) =>
      read(`${name}.npy`, (reader, size) => readNpy(reader, size, `${printable(path)}, array ${name}`));
    if (!names.includes('weight.npy')) return undefined;
    const weight = await array('weight');
    const bias = names.includes('bias.npy') ? await array('bias') : undefined;
    const [outputs = 0, columns = 0] = weight.shape;
    if (weight.shape.length !== 2 || (bias && bias.data.length !== outputs)) {
      throw new InputError(
        `${printable(path)}: weight is ${shapeText(weight.shape)}${bias ? ` and bias ${shapeText(bias.shape)}` : ''}, ` +
          'expected [outputs, features] and [outputs]',
      );
    }
    const weights = Float64Array.from([...numbers(weight.data), ...(bias ? numbers(bias.data) : [])]);
    const wrong = weights.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new InputError(`${printable(path)}: weight or bias holds ${weights[wrong]!}, expected finite numbers`);
    }
    return { outputs, columns, bias: bias !== undefined, weights };
  });
}

function numbers(data: ArrayLike<number | bigint | string>): number[] {
  return Array.from(data, Number);
}
