/** Weights that are fed with each call instead of being stored in the model, so that one session serves many of them. */
import { cloneModel } from '../../../onnx/codec.js';
import { elementTypeName } from '../../../onnx/element-type.js';
import { graphOf, type Model } from '../../../onnx/model.js';
import { dimsOf } from '../../../onnx/tensor-proto.js';
import { valueInfo } from '../../../graph/builder.js';

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
