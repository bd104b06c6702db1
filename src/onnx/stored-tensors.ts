/** All tensors that a model stores, wherever they stand in it. */
import { subgraphsOf } from './attributes.js';
import { graphOf, type Graph, type Model, type Node, type onnx, type StoredTensor } from './model.js';

/** Every stored tensor of a model: weights and tensor attributes, also those in subgraphs and functions. */
export function* storedTensors(model: Model): Generator<StoredTensor> {
  yield* inGraph(graphOf(model));
  for (const { node } of model.functions) yield* inNodes(node);
}

function* inGraph(graph: Graph): Generator<StoredTensor> {
  yield* graph.initializer;
  yield* inSparse(graph.sparseInitializer);
  yield* inNodes(graph.node);
}

function* inNodes(nodes: readonly Node[]): Generator<StoredTensor> {
  for (const node of nodes) {
    for (const { t, tensors, sparseTensor, sparseTensors } of node.attribute) {
      if (t) yield t;
      yield* tensors;
      yield* inSparse(sparseTensor ? [sparseTensor, ...sparseTensors] : sparseTensors);
    }
    for (const graph of subgraphsOf(node)) yield* inGraph(graph);
  }
}

function* inSparse(sparse: readonly onnx.SparseTensorProto[]): Generator<StoredTensor> {
  for (const { values, indices } of sparse) {
    if (values) yield values;
    if (indices) yield indices;
  }
}
