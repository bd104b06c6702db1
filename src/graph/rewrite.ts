/** What rewrites of a graph share: walking it with its subgraphs, naming new values, replacing nodes and names. */
import { subgraphsOf } from '../onnx/attributes.js';
import { graphOf, type Graph, type Model, type Node } from '../onnx/model.js';

/** A graph and all graphs nested in it, outermost first. */
export function* graphsIn(graph: Graph): Generator<Graph> {
  yield graph;
  for (const node of graph.node) for (const inner of subgraphsOf(node)) yield* graphsIn(inner);
}

/** Every node of a model: in its graph, nested graphs and functions. */
export function* nodesIn(model: Model): Generator<Node> {
  for (const graph of graphsIn(graphOf(model))) yield* graph.node;
  for (const { node } of model.functions) {
    for (const outer of node) {
      yield outer;
      for (const inner of subgraphsOf(outer)) for (const graph of graphsIn(inner)) yield* graph.node;
    }
  }
}

/** Makes up names that no value and no node of a model has yet. */
export type NameMaker = (hint: string) => string;

/** Names grow where calls stand in calls; a file must not make gigabytes of them. */
const LONGEST_HINT = 1000;

/** A maker of names that are new to the model, its nested graphs and its functions. */
export function nameMaker(model: Model): NameMaker {
  const taken = new Set<string>();
  for (const graph of graphsIn(graphOf(model))) {
    for (const { name } of [...graph.input, ...graph.output, ...graph.initializer]) taken.add(name);
  }
  for (const node of nodesIn(model)) for (const name of [node.name, ...node.input, ...node.output]) taken.add(name);
  for (const { input, output } of model.functions) for (const name of [...input, ...output]) taken.add(name);
  /** Where to go on counting: a loop that is written out asks for the same hints thousands of times. */
  const next = new Map<string, number>();
  return (wanted) => {
    const hint = wanted.slice(0, LONGEST_HINT);
    let name = hint;
    let number = next.get(hint) ?? 1;
    for (; taken.has(name); number++) name = `${hint}_${number}`;
    next.set(hint, number);
    taken.add(name);
    return name;
  };
}

/**
 * Puts other nodes into the place of each node, in nested graphs and functions too.
 * @param replace what a node becomes: itself (changed or not), several nodes, or none
 */
export function replaceNodes(model: Model, replace: (node: Node) => Node[]): void {
  const inNodes = (nodes: readonly Node[]): Node[] =>
    nodes.flatMap((node) => {
      for (const graph of subgraphsOf(node)) graph.node = inNodes(graph.node);
      return replace(node);
    });
  const graph = graphOf(model);
  graph.node = inNodes(graph.node);
  for (const body of model.functions) body.node = inNodes(body.node);
}

/**
 * Makes the readers of some values read others, also in nested graphs, unless a nested graph defines the name anew.
 * Outputs of the graph keep their names.
 */
export function renameReads(nodes: readonly Node[], names: ReadonlyMap<string, string>): void {
  if (names.size === 0) return;
  for (const node of nodes) {
    node.input = node.input.map((name) => names.get(name) ?? name);
    for (const graph of subgraphsOf(node)) {
      const inner = new Map(names);
      for (const name of definedIn(graph)) inner.delete(name);
      renameReads(graph.node, inner);
      for (const output of graph.output) output.name = inner.get(output.name) ?? output.name;
    }
  }
}

/** Names that a graph itself defines: inputs, weights, results of nodes. */
export function definedIn(graph: Graph): Set<string> {
  return new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap(({ output }) => output),
  ]);
}
