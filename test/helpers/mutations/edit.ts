/** Edits of a model by the names of its nodes and weights. */
import { makeNode, type Attributes } from '../../../src/graph/builder.js';
import { renameReads } from '../../../src/graph/rewrite.js';
import { cloneModel } from '../../../src/onnx/codec.js';
import { graphOf, type Graph, type Model, type Node } from '../../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../../src/onnx/tensor-proto.js';
import { float32 } from '../../../src/tensor.js';

/** A rewrite of a copy. */
export const edit =
  (change: (graph: Graph, model: Model) => void) =>
  (model: Model): Model => {
    const copy = cloneModel(model);
    change(graphOf(copy), copy);
    return copy;
  };

let made = 0;

/** A node with a name of its own: a value that is renamed leaves its name to the node that computed it. */
export function newNode(op: string, from: readonly string[], to: readonly string[], attributes: Attributes = {}): Node {
  const node = makeNode(op, from, to, attributes);
  node.name = `${op}/${made++}`;
  return node;
}

export const nodeOf = (graph: Graph, output: string) => graph.node.find((node) => node.output.includes(output))!;

export function weightOf(graph: Graph, name: string): Float32Array {
  return decodeTensor(graph.initializer.find((stored) => stored.name === name)!).data as Float32Array;
}

/** Changes a weight's elements. */
export function setWeight(
  graph: Graph,
  name: string,
  change: (data: Float32Array, dims: readonly number[]) => Float32Array,
) {
  graph.initializer = graph.initializer.map((stored) => {
    if (stored.name !== name) return stored;
    const { dims, data } = decodeTensor(stored);
    return encodeTensor(name, float32(change(Float32Array.from(data as Float32Array), dims), dims));
  });
}

/** Takes a node out; its readers get its first input. */
export function bypass(graph: Graph, output: string) {
  const node = nodeOf(graph, output);
  graph.node = graph.node.filter((each) => each !== node);
  renameReads(graph.node, new Map([[output, node.input[0]!]]));
}
