/** Models in double precision. */
import { makeAttribute } from '../../../src/onnx/attributes.js';
import { cloneModel } from '../../../src/onnx/codec.js';
import { elementTypeCode } from '../../../src/onnx/element-type.js';
import { graphOf, opsetOf, type Model } from '../../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../../src/onnx/tensor-proto.js';
import { as } from '../differences.js';

/** Operators that compute in float32 by default, and the operator set from which on they can be told. */
const STASHING: Readonly<Record<string, number>> = {
  GroupNormalization: 21,
  LayerNormalization: 17,
  RMSNormalization: 23,
};

/** The model with every float32 in it a float64. */
export function inFloat64(model: Model): Model {
  const doubled = cloneModel(model);
  const graph = graphOf(doubled);
  const [single, double] = [elementTypeCode('float32'), elementTypeCode('float64')];
  graph.initializer = graph.initializer.map((stored) =>
    stored.dataType === single ? encodeTensor(stored.name, as('float64', decodeTensor(stored))) : stored,
  );
  graph.valueInfo = [];
  for (const node of graph.node) {
    const computesIn = STASHING[node.opType];
    const isGiven = node.attribute.some(({ name }) => name === 'stash_type');
    if (computesIn !== undefined && opsetOf(model) >= computesIn && !isGiven) {
      node.attribute.push(makeAttribute('stash_type', double));
    }
    for (const attribute of node.attribute) {
      if (attribute.t?.dataType === single) {
        attribute.t = encodeTensor('', as('float64', decodeTensor(attribute.t)));
      }
      const namesType = ['to', 'dtype', 'stash_type', 'output_dtype'].includes(attribute.name);
      if (namesType && Number(attribute.i) === single) attribute.i = double;
    }
  }
  return doubled;
}
