/** What the format lets be written in two ways is written in one. */
import { subgraphsOf } from './attributes.js';
import { graphOf, type Model, type Node } from './model.js';

const LONG_NAME = 'ai.onnx';

/**
 * Takes blank names off the ends of nodes' inputs, in all graphs and functions. `[x, scale, ""]` and `[x, scale]` mean the
 * same, but ONNX Runtime's fusion of LayerNormalization reads the blank as a value and ends the process.
 * @returns the nodes that had some
 */
export function omitBlankEnds(model: Model): Node[] {
  return allNodes(model).filter(({ input }) => {
    const given = input.length;
    while (input.at(-1) === '') input.pop();
    return input.length < given;
  });
}

/** Names the standard operators' domain `''`, not `ai.onnx`, which ONNX Runtime does not know inside a Loop. */
export function shortenDomains(model: Model): void {
  const imports = [model, ...model.functions].flatMap(({ opsetImport }) => opsetImport);
  for (const named of [...allNodes(model), ...imports]) if (named.domain === LONG_NAME) named.domain = '';
}

function allNodes(model: Model): Node[] {
  const within = (nodes: readonly Node[]): Node[] =>
    nodes.flatMap((node) => [node, ...subgraphsOf(node).flatMap((graph) => within(graph.node))]);
  return within([...graphOf(model).node, ...model.functions.flatMap(({ node }) => node)]);
}
