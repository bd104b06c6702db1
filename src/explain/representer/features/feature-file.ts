/** Weights of a last layer in an `.npz` feature file: `weight` [outputs, features] and `bias` [outputs] (Node only). */
import { readNpy } from '../../../data/npy/decode.js';
import { printable, shapeText } from '../../../data/printable.js';
import { withZip } from '../../../data/archives/zip.js';
import { InputError } from '../../../errors.js';

/** Bytes of the largest weight that is read: a last layer of 130,000 features and 1,000 classes. */
const LARGEST_WEIGHT = 2 ** 29;

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
      read(`${name}.npy`, (reader, size) => readNpy(reader, size, `${printable(path)}, array ${name}`, LARGEST_WEIGHT));
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
    const size = weight.data.length;
    const weights = new Float64Array(size + (bias?.data.length ?? 0));
    for (let i = 0; i < weights.length; i++) weights[i] = Number(i < size ? weight.data[i] : bias!.data[i - size]);
    const wrong = weights.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new InputError(`${printable(path)}: weight or bias holds ${weights[wrong]!}, expected finite numbers`);
    }
    return { outputs, columns, bias: bias !== undefined, weights };
  });
}
