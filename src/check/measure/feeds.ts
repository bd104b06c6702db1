/** Probes as a model takes them. */
import { exampleDims } from '../../data/example-shape.js';
import { normalize, type Normalization } from '../../data/normalization.js';
import { InputError } from '../../errors.js';
import type { Probes } from '../probes/probes.js';
import type { Port } from './signature.js';

/** One input's numbers for all probes, as the model takes them. */
export interface Feed {
  /** `[count, …dims]` */
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/**
 * What a model is fed: bytes normalised, shapes as the inputs want them, in the inputs' order.
 * @throws InputError when the probes do not fit the inputs
 */
export function feedsFor(
  { arrays, names, count }: Probes,
  inputs: readonly Port[],
  normalization: Normalization,
): Feed[] {
  if (arrays.length !== inputs.length) {
    const wanted = inputs.map(({ name }) => name).join(', ');
    throw new InputError(
      `the model takes ${inputs.length} inputs (${wanted}), but there is data for ${arrays.length}; give an .npz with one array an input`,
    );
  }
  return arrays.map(({ shape, data }, place) => {
    const { shape: wanted } = inputs[place]!;
    const dims = exampleDims(names[0]!, shape, wanted.slice(1));
    const values = data instanceof Uint8Array ? normalize(data, shape, normalization) : data;
    return { dims: [count, ...dims], data: values };
  });
}
