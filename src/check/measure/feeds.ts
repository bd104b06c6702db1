/** Probes as a model takes them. */
import { arranged, fitExample } from '../../data/example-shape.js';
import { normalize, type Normalization } from '../../data/normalization.js';
import { InputError } from '../../errors.js';
import type { ProbeArray, Probes } from '../probes/probes.js';
import { withOpenSizes, type Port } from './signature.js';

/** One input's numbers for all probes, as the model takes them. */
export interface ProbeFeed {
  /** `[count, …dims]` */
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
  /** Whether the input takes real numbers. */
  readonly isReal: boolean;
}

/**
 * What a model is fed: bytes normalised, shapes as the inputs want them, in the inputs' order.
 * @throws InputError when the probes do not fit the inputs
 */
export function feedsFor(
  { arrays, names, count, source }: Probes,
  inputs: readonly Port[],
  normalization: Normalization,
): ProbeFeed[] {
  if (arrays.length !== inputs.length) {
    const wanted = inputs.map(({ name }) => name).join(', ');
    throw new InputError(
      `the model takes ${inputs.length} inputs (${wanted}), but there is data for ${arrays.length}; give an .npz with one array an input`,
    );
  }
  const { inputShape } = source;
  const isSaid = inputShape !== undefined;
  return withOpenSizes(inputs, inputShape).map(({ shape, type, name }, place) => {
    const what = names[0] ?? `input "${name}"`;
    const { dims, data } = asTaken(what, arrays[place]!, shape.slice(1), normalization, isSaid);
    return { dims: [count, ...dims], data, isReal: type.includes('float') };
  });
}

/**
 * Examples as an input takes them, one after another: pixels normalised, elements in the input's order.
 * @param what the examples, for the message
 * @param wanted dimensions of the input behind the batch; null where any size will do
 * @param isSaid whether it is the user who says so: see `fitExample`
 * @returns the dimensions of one example, and all their elements
 * @throws InputError when they do not fit
 */
export function asTaken(
  what: string,
  array: ProbeArray,
  wanted: readonly (number | null)[],
  normalization: Normalization,
  isSaid = false,
): Omit<ProbeFeed, 'isReal'> {
  const { dims, order } = fitExample(what, array, wanted, isSaid);
  const { data, shape } = array;
  const values = data instanceof Uint8Array ? normalize(data, shape, normalization) : data;
  return { dims, data: values instanceof Float32Array ? arranged(values, order) : values };
}
