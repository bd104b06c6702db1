/** What there is in a model to be mutated. */
import { subgraphsOf } from '../../../src/onnx/attributes.js';
import type { Graph } from '../../../src/onnx/model.js';

export function* graphsOf(graph: Graph): Generator<Graph> {
  yield graph;
  for (const node of graph.node) for (const inner of subgraphsOf(node)) yield* graphsOf(inner);
}

export function namesIn({ node, input, initializer }: Graph): string[] {
  return [
    ...node.flatMap(({ output }) => output),
    ...input.map(({ name }) => name),
    ...initializer.map(({ name }) => name),
  ];
}
