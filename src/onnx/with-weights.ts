/** A model as it is with other numbers in it. */
import type { Tensor } from '../tensor.js';
import { cloneModel } from './codec.js';
import { graphOf, type Model } from './model.js';
import { encodeTensor } from './tensor-proto.js';

/** The model with the given weights in place of its own. */
export function withWeights(model: Model, weights: Readonly<Record<string, Tensor>>): Model {
  const copy = cloneModel(model);
  for (const stored of graphOf(copy).initializer) {
    const tensor = weights[stored.name];
    if (!tensor) continue;
    // Only the numbers change: names, documentation and metadata of the weight stay.
    const { rawData, dataType } = encodeTensor(stored.name, tensor);
    Object.assign(stored, { rawData, dataType, floatData: [] });
  }
  return copy;
}
