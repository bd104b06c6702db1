/** Says the type of every conversion, so that nothing depends on a value for its type alone. */
import { cloneModel } from '../onnx/codec.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { graphOf, isStandardDomain, type Model } from '../onnx/model.js';
import { makeNode } from './builder.js';
import type { Values } from './values.js';

/**
 * The model with each CastLike as the Cast that it amounts to. PyTorch's exporter makes the bias of a convolution without
 * one from zeros "like" the convolution's input; only so are they seen to be constant.
 */
export function resolveCastLike(model: Model, values: Values): Model {
  const resolved = cloneModel(model);
  const graph = graphOf(resolved);
  graph.node = graph.node.map((node) => {
    const [output] = node.output;
    if (node.opType !== 'CastLike' || !isStandardDomain(node.domain) || !values.has(output!)) return node;
    const cast = makeNode('Cast', [node.input[0]!], [output!], { to: elementTypeCode(values.of(output!).type) });
    cast.name = node.name;
    return cast;
  });
  return resolved;
}
