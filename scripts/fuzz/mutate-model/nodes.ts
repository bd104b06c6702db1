/** Nodes: their attributes, inputs and outputs, their order, and new ones. */
import { graphOf, onnx, type Graph, type Model, type Node } from '../../../src/onnx/model.js';
import type { Random } from '../../../src/numeric/random.js';
import { graphsOf, namesIn } from './graphs.js';
import { ODD_FLOATS, ODD_INTEGERS, ODD_TEXTS, oddList, OPERATORS, pick } from './odd-values.js';
import { mutateTensor } from './tensors.js';

export function mutateAttribute(node: Node, random: Random, graph: Graph): void {
  const { AttributeType } = onnx.AttributeProto;
  if (node.attribute.length === 0 || random.uniform() < 0.15) {
    const name = pick(
      ['axis', 'axes', 'perm', 'pads', 'strides', 'kernel_shape', 'group', 'to', 'value', 'keepdims'],
      random,
    );
    const isList = random.uniform() < 0.5;
    node.attribute.push(
      isList
        ? new onnx.AttributeProto({ name, type: AttributeType.INTS, ints: oddList(random) })
        : new onnx.AttributeProto({ name, type: AttributeType.INT, i: pick(ODD_INTEGERS, random) }),
    );
    return;
  }
  const attribute = pick(node.attribute, random);
  const change = random.below(10);
  if (change === 0) attribute.type = random.below(15);
  else if (change === 1) node.attribute = node.attribute.filter((each) => each !== attribute);
  else if (change === 2) attribute.name = pick(ODD_TEXTS, random);
  else if (change === 3) attribute.refAttrName = 'outer';
  else if (change === 4) node.attribute.push(new onnx.AttributeProto({ ...attribute }));
  else if (attribute.t) mutateTensor(attribute.t, random);
  else if (attribute.g && random.uniform() < 0.3) attribute.g = graph;
  else if (attribute.ints.length > 0) attribute.ints = oddList(random, attribute.ints as number[]);
  else if (attribute.floats.length > 0)
    attribute.floats[random.below(attribute.floats.length)] = pick(ODD_FLOATS, random);
  else if (attribute.s.length > 0) attribute.s = new TextEncoder().encode(pick(ODD_TEXTS, random));
  else if (attribute.type === AttributeType.FLOAT) attribute.f = pick(ODD_FLOATS, random);
  else attribute.i = pick(ODD_INTEGERS, random);
}

export function mutateInputs(node: Node, random: Random, graph: Graph): void {
  const place = random.below(Math.max(1, node.input.length));
  const change = random.below(5);
  if (change === 0) node.input[place] = '';
  else if (change === 1) node.input.splice(place, 1);
  else if (change === 2) node.input.push(pick([...namesIn(graph), ''], random));
  else if (change === 3) node.input.reverse();
  else node.input[place] = pick([...namesIn(graph), 'nowhere'], random);
}

export function mutateOutputs(node: Node, random: Random, graph: Graph): void {
  const name = pick([...namesIn(graph), '', 'new'], random);
  const place = random.below(node.output.length + 1);
  node.output.splice(place, random.below(2), name);
}

export function mutateNodeList(model: Model, random: Random): void {
  const graph = pick([...graphsOf(graphOf(model))], random);
  if (graph.node.length === 0) return;
  const place = random.below(graph.node.length);
  const change = random.below(4);
  if (change === 0) graph.node.splice(place, 1);
  else if (change === 1) graph.node.reverse();
  else if (change === 2) graph.node.push(graph.node[place]!);
  else graph.output.push(new onnx.ValueInfoProto({ name: pick(namesIn(graph), random) }));
}

/** A node between one that there is and those who read it, with constants for what else it takes. */
export function insertNode(model: Model, random: Random): void {
  const graph = pick([...graphsOf(graphOf(model))], random);
  if (graph.node.length === 0) return;
  const place = random.below(graph.node.length);
  const before = graph.node[place]!;
  const value = before.output[0] ?? '';
  const inputs = [value];
  for (let more = random.below(4); more > 0; more--) {
    const name = `odd_${graph.initializer.length}_${more}`;
    const numbers = Array.from({ length: random.below(5) }, () => BigInt(pick(ODD_INTEGERS, random)));
    const isOne = random.uniform() < 0.3;
    const data = isOne ? BigInt64Array.of(BigInt(pick(ODD_INTEGERS, random))) : BigInt64Array.from(numbers);
    const rawData = new Uint8Array(data.buffer);
    graph.initializer.push(new onnx.TensorProto({ name, dataType: 7, dims: isOne ? [] : [data.length], rawData }));
    if (random.uniform() < 0.5) inputs.push(name);
    else inputs.unshift(name);
  }
  const output = `inserted_${graph.node.length}`;
  const node = new onnx.NodeProto({ opType: pick(OPERATORS, random), input: inputs, output: [output] });
  for (const reader of graph.node.slice(place + 1))
    reader.input = reader.input.map((name) => (name === value ? output : name));
  graph.node.splice(place + 1, 0, node);
}
