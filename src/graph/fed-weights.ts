/**
 * Weights that are fed with each call instead of being stored in the model: one session then serves many of them, and what is
 * fed from where it lies is not copied twice to be loaded.
 */
import { cloneModel } from '../onnx/codec.js';
import { elementTypeName } from '../onnx/element-type.js';
import { graphOf, type Model } from '../onnx/model.js';
import { decodeTensor, dimsOf } from '../onnx/tensor-proto.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Tensor } from '../tensor.js';
import { valueInfo } from './builder.js';

/**
 * The model with some of its weights as inputs of the same names.
 * @param names weights; those that the model has not are passed over
 * @returns the model, and the names that have become inputs
 */
export function withFedWeights(
  model: Model,
  names: readonly string[],
): { readonly model: Model; readonly fed: readonly string[] } {
  const copy = cloneModel(model);
  const graph = graphOf(copy);
  const wanted = new Set(names);
  const stored = graph.initializer.filter(({ name }) => wanted.has(name));
  const fed = new Set(stored.map(({ name }) => name));
  graph.initializer = graph.initializer.filter(({ name }) => !fed.has(name));
  // Models of old versions list their weights among the inputs too.
  graph.input = [
    ...graph.input.filter(({ name }) => !fed.has(name)),
    ...stored.map((weight) => valueInfo(weight.name, elementTypeName(weight.dataType)!, dimsOf(weight))),
  ];
  return { model: copy, fed: [...fed] };
}

/** Weights of fewer bytes are loaded with the model: they may be constants that operators need to know. */
const LARGE = 2 ** 16;

/** Weights by the bytes that they were read as, which clones of a model share: most lie badly aligned, and are copied once. */
const decoded = new WeakMap<Uint8Array, Tensor>();

/** A model to be loaded, and what to feed besides its inputs. */
export interface FedModel {
  readonly model: Model;
  readonly weights: Readonly<Record<string, Tensor>>;
}

/**
 * The model with its large weights fed, where the runtime reads feeds from where they lie: loading a model of a few hundred
 * megabytes takes longer than running it a few times. ONNX Runtime cannot bring such weights into another order beforehand, so
 * that whoever runs a model often loads it whole.
 */
export function feedLargeWeights(model: Model, runtime: Pick<Runtime, 'feedsInPlace'>): FedModel {
  if (runtime.feedsInPlace !== true) return { model, weights: {} };
  const large = graphOf(model).initializer.filter(
    ({ dataType, rawData }) => elementTypeName(dataType) === 'float32' && rawData.length >= LARGE,
  );
  const names = large.map(({ name }) => name);
  const weights = large.map((stored) => {
    const tensor = decoded.get(stored.rawData) ?? decodeTensor(stored);
    decoded.set(stored.rawData, tensor);
    return [stored.name, { ...tensor, dims: dimsOf(stored) }] as const;
  });
  return { model: withFedWeights(model, names).model, weights: Object.fromEntries(weights) };
}
