/** Puts the nodes of one graph, or of a function's body, into another. */
import { cloneGraph } from '../onnx/codec.js';
import { subgraphsOf } from '../onnx/attributes.js';
import { onnx, type Graph, type Node, type StoredTensor } from '../onnx/model.js';
import { makeNode } from './builder.js';
import { definedIn, type NameMaker } from './rewrite.js';

/** A graph that is to stand in another one. */
export interface InlineBody {
  readonly node: readonly Node[];
  readonly initializer?: readonly StoredTensor[];
  /** Names of what it reads from outside, in order. */
  readonly inputs: readonly string[];
  /** Names of its results, in order. */
  readonly outputs: readonly string[];
}

/** A graph's nodes as a body. */
export function bodyOf(graph: Graph): InlineBody {
  return {
    node: graph.node,
    initializer: graph.initializer,
    inputs: graph.input.map(({ name }) => name),
    outputs: graph.output.map(({ name }) => name),
  };
}

/** Copies of a body's nodes under names of their own. */
export interface Spliced {
  readonly nodes: Node[];
  readonly initializers: StoredTensor[];
  /** What each value that the body defines or is given is called in the copy, by its name in the body. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Copies a body, so that it can be put into a graph, once or several times.
 * @param inputs the value that takes the place of each input; `''` for one that is left out
 * @param outputs the name that each result is to have; `''` for one that nobody reads
 * @param fresh makes up the names of everything else
 * @param prefix what made-up names begin with
 */
export function splice(
  body: InlineBody,
  inputs: readonly string[],
  outputs: readonly string[],
  fresh: NameMaker,
  prefix: string,
): Spliced {
  const { node, initializer } = cloneGraph(
    new onnx.GraphProto({ node: [...body.node], initializer: [...(body.initializer ?? [])] }),
  );
  const names = new Map(body.inputs.map((name, i) => [name, inputs[i] ?? '']));
  const computed = new Set(node.flatMap((each) => each.output));
  const handedOn: Node[] = [];
  body.outputs.forEach((name, i) => {
    const wanted = outputs[i] ?? '';
    if (wanted === '') return;
    if (computed.has(name) && !names.has(name)) {
      names.set(name, wanted);
      return;
    }
    // An input, a weight, or a result that is handed out twice; it is named once the names are known.
    const identity = makeNode('Identity', [name], [wanted]);
    identity.name = fresh(`${prefix}handed_on`);
    handedOn.push(identity);
  });
  const initializers = initializer.map((stored) => {
    const name = fresh(`${prefix}${stored.name}`);
    names.set(stored.name, name);
    stored.name = name;
    return stored;
  });
  const all = [...node, ...handedOn];
  for (const each of node) {
    for (const name of each.output) if (name !== '' && !names.has(name)) names.set(name, fresh(`${prefix}${name}`));
    if (each.name !== '') each.name = fresh(`${prefix}${each.name}`);
  }
  const isHandedOn = new Set(handedOn);
  for (const each of all) {
    each.input = each.input.map((name) => names.get(name) ?? name);
    if (!isHandedOn.has(each)) each.output = each.output.map((name) => names.get(name) ?? name);
    for (const graph of subgraphsOf(each)) renameInside(graph, names, fresh, prefix);
  }
  return { nodes: all, initializers, names };
}

/** Gives what a nested graph defines names of its own, and what it reads from around it the names that that has now. */
function renameInside(graph: Graph, outer: ReadonlyMap<string, string>, fresh: NameMaker, prefix: string): void {
  const names = new Map(outer);
  for (const name of definedIn(graph)) if (name !== '') names.set(name, fresh(`${prefix}${name}`));
  const renamed = (name: string) => names.get(name) ?? name;
  for (const part of [graph.input, graph.output, graph.initializer, graph.valueInfo]) {
    for (const each of part) each.name = renamed(each.name);
  }
  for (const node of graph.node) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
    if (node.name !== '') node.name = fresh(`${prefix}${node.name}`);
    for (const inner of subgraphsOf(node)) renameInside(inner, names, fresh, prefix);
  }
}
