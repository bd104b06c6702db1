/** Writes Attention out in the products and the softmax that it stands for. */
import { floatAttribute, intAttribute } from '../../onnx/attributes.js';
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, isStandardDomain, type Graph, type Model, type Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { float32, float64, int64, type Tensor } from '../../tensor.js';
import { makeNode, type Attributes } from '../builder.js';
import { freeze } from '../parameters.js';
import { nameMaker, type NameMaker } from '../rewrite.js';
import type { Values } from '../values.js';

const isAttention = ({ opType, domain }: Node) => isStandardDomain(domain) && opType === 'Attention';

/** Whether a graph has attention in one node. */
export function hasAttention(graph: Graph): boolean {
  return graph.node.some(isAttention);
}

/**
 * The model with Y = softmax(cap(s·Q·Kᵀ) + mask)·V written out. An Attention that keeps past keys and values, or gives
 * away more than Y, stays as it is, as does one of sizes that are not known.
 * @param values shapes of the model's values
 */
export function writeOutAttention(model: Model, values: Values): Model {
  const written = cloneModel(model);
  const graph = graphOf(written);
  const fresh = nameMaker(written);
  graph.node = graph.node.flatMap((node) =>
    isAttention(node) ? (writeOut(node, graph, values, fresh) ?? [node]) : [node],
  );
  return written;
}

function writeOut(node: Node, graph: Graph, values: Values, fresh: NameMaker): Node[] | undefined {
  const [query = '', key = '', value = '', mask = '', ...past] = node.input;
  const [result, ...others] = node.output;
  if ([...past, ...others].some((name) => name !== '') || ![query, key, value].every((name) => values.has(name))) {
    return undefined;
  }
  const { type, dims } = values.of(query);
  const isStacked = dims.length === 3;
  const heads = isStacked ? intAttribute(node, 'q_num_heads', 0) : dims[1];
  const ownHeads = isStacked ? intAttribute(node, 'kv_num_heads', 0) : values.of(key).dims[1];
  const width = isStacked ? Number(dims[2]) / Number(heads) : dims[3];
  const isKnown = [heads, ownHeads, width].every((size) => Number.isInteger(size) && Number(size) > 0);
  if (!isKnown || (type !== 'float32' && type !== 'float64')) return undefined;

  const nodes: Node[] = [];
  const prefix = node.name === '' ? result! : node.name;
  const emit = (op: string, inputs: string[], attributes: Attributes = {}) => {
    const output = fresh(`${prefix}/${op}`);
    nodes.push(makeNode(op, inputs, [output], attributes));
    return output;
  };
  const constant = (tensor: Tensor) => {
    const name = fresh(`${prefix}/constant`);
    graph.initializer.push(encodeTensor(name, tensor));
    freeze(graph, [name]);
    return name;
  };
  const number = (of: number) => constant(type === 'float64' ? float64([of], []) : float32([of], []));
  const reshape = (of: string, ...to: number[]) => emit('Reshape', [of, constant(int64(to))]);

  /** [batch, heads, positions, width], each head of the keys and values for as many of the queries' as there are. */
  const byHead = (of: string, count: number) => {
    const apart = isStacked ? emit('Transpose', [reshape(of, 0, 0, count, -1)], { perm: [0, 2, 1, 3] }) : of;
    if (count === heads) return apart;
    const repeats = Number(heads) / count;
    const copies = emit('Tile', [
      emit('Unsqueeze', [apart, constant(int64([2]))]),
      constant(int64([1, 1, repeats, 1, 1])),
    ]);
    const shape = emit('Shape', [apart], { start: 2 });
    const wanted = emit('Concat', [constant(int64([0, Number(heads)])), shape], { axis: 0 });
    return emit('Reshape', [copies, wanted]);
  };
  const [q, k, v] = [byHead(query, Number(heads)), byHead(key, Number(ownHeads)), byHead(value, Number(ownHeads))];
  const scale = floatAttribute(node, 'scale', 1 / Math.sqrt(Number(width)));
  let scores = emit('MatMul', [emit('Mul', [q, number(scale)]), emit('Transpose', [k], { perm: [0, 1, 3, 2] })]);
  const cap = floatAttribute(node, 'softcap', 0);
  if (cap !== 0) scores = emit('Mul', [emit('Tanh', [emit('Div', [scores, number(cap)])]), number(cap)]);
  const hidden = () => number(-Infinity);
  if (mask !== '') {
    const seen = values.of(mask).type === 'bool';
    scores = seen ? emit('Where', [mask, scores, hidden()]) : emit('Add', [scores, mask]);
  }
  if (intAttribute(node, 'is_causal', 0) === 1) {
    const ones = emit('ConstantOfShape', [emit('Shape', [scores], { start: -2 })], { value: int64([1]) });
    const before = emit('Cast', [emit('Trilu', [ones], { upper: 0 })], { to: 9 });
    scores = emit('Where', [before, scores, hidden()]);
  }
  const mixed = emit('MatMul', [emit('Softmax', [scores], { axis: -1 }), v]);
  const joined = isStacked ? reshape(emit('Transpose', [mixed], { perm: [0, 2, 1, 3] }), 0, 0, -1) : mixed;
  nodes.push(makeNode('Identity', [joined], [result!]));
  return nodes;
}
