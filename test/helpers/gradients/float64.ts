/** Graphs in double precision: the same nodes, compared with differences that are exact to nine digits rather than four. */
import { makeAttribute, subgraphsOf } from '../../../src/onnx/attributes.js';
import { cloneModel } from '../../../src/onnx/codec.js';
import { elementTypeCode } from '../../../src/onnx/element-type.js';
import {
  graphOf,
  opsetOf,
  type Attribute,
  type Graph,
  type Model,
  type Node,
  type ValueInfo,
} from '../../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../../src/onnx/tensor-proto.js';
import { float64, type Tensor } from '../../../src/tensor.js';
import { as } from './differences.js';

/** Operators that compute in float32 by default, and the operator set from which on they can be told. */
const STASHING: Readonly<Record<string, number>> = {
  GroupNormalization: 21,
  LayerNormalization: 17,
  RMSNormalization: 23,
};

/** Attributes that name an element type. */
const TYPES = ['to', 'dtype', 'stash_type', 'output_dtype'];

const [SINGLE, DOUBLE] = [elementTypeCode('float32'), elementTypeCode('float64')];

/**
 * The model with every float32 in it a float64: weights, constants, inputs, outputs, what conversions convert to, and all
 * of these in the bodies of loops. Numbers among the attributes (an ε, a slope) keep the precision that ONNX gives them.
 */
export function inFloat64(model: Model): Model {
  const doubled = cloneModel(model);
  doubleGraph(graphOf(doubled), opsetOf(model));
  return doubled;
}

/** Feeds for such a model. */
export function feedsInFloat64(feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const doubled = (tensor: Tensor) => (tensor.type === 'float32' ? as('float64', tensor) : tensor);
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, doubled(tensor)]));
}

function doubleGraph(graph: Graph, opset: number): void {
  graph.initializer = graph.initializer.map((stored) =>
    stored.dataType === SINGLE ? encodeTensor(stored.name, as('float64', decodeTensor(stored))) : stored,
  );
  for (const value of [...graph.input, ...graph.output, ...graph.valueInfo]) doubleType(value);
  for (const node of graph.node) {
    doubleNode(node, opset);
    for (const inner of subgraphsOf(node)) doubleGraph(inner, opset);
  }
}

function doubleType({ type }: ValueInfo): void {
  if (type?.tensorType?.elemType === SINGLE) type.tensorType.elemType = DOUBLE;
}

function doubleNode(node: Node, opset: number): void {
  const has = (wanted: string) => node.attribute.some(({ name }) => name === wanted);
  if (opset >= (STASHING[node.opType] ?? Infinity) && !has('stash_type')) {
    node.attribute.push(makeAttribute('stash_type', DOUBLE));
  }
  if (node.opType === 'ConstantOfShape' && !has('value')) {
    node.attribute.push(makeAttribute('value', float64([0], [1])));
  }
  node.attribute = node.attribute.map(doubleAttribute);
}

function doubleAttribute(attribute: Attribute): Attribute {
  const { name } = attribute;
  if (name === 'value_float') return makeAttribute('value', float64([attribute.f], []));
  if (name === 'value_floats') return makeAttribute('value', float64(attribute.floats));
  if (attribute.t?.dataType === SINGLE) attribute.t = encodeTensor('', as('float64', decodeTensor(attribute.t)));
  if (TYPES.includes(name) && Number(attribute.i) === SINGLE) attribute.i = DOUBLE;
  return attribute;
}
