/** Structural checks that a model must pass before anything is computed with it. */
import { InputError } from '../errors.js';
import { isReserved } from '../table.js';
import { elementCount } from '../tensor.js';
import { subgraphsOf } from './attributes.js';
import { elementTypeName, STORAGE } from './element-type.js';
import { checkFunctions } from './functions.js';
import { graphOf, isStandardDomain, nodeLabel, onnx, toNumber, type Graph, type Model, type Node } from './model.js';
import { omitBlankEnds, shortenDomains } from './spelling.js';
import { dimsOf } from './tensor-proto.js';

/**
 * Checks a model's structure, puts the nodes of every graph in topological order, and spells them one way.
 * @param place what messages call the model, usually its path
 * @throws InputError for duplicate or missing values, cycles, negative dimensions, weights that do not fill their shape, unknown domains
 */
export function validateModel(model: Model, place: string): void {
  const functions = new Set(model.functions.map(({ domain, name }) => `${domain}:${name}`));
  const domains = new Set(model.opsetImport.map(({ domain }) => (isStandardDomain(domain) ? '' : domain)));
  const checkNode = (node: Node) => {
    if (isStandardDomain(node.domain) || functions.has(`${node.domain}:${node.opType}`)) return;
    if (!domains.has(node.domain)) {
      throw new InputError(
        `${place}: node ${nodeLabel(node)} uses domain "${node.domain}", which the model does not import`,
      );
    }
  };
  const graph = graphOf(model);
  checkFunctions(model, place);
  omitBlankEnds(model);
  shortenDomains(model);
  validateGraph(graph, () => false, place, checkNode);
  if (graph.output.length === 0) throw new InputError(`${place}: the model has no outputs; export it again`);
  for (const { name, type } of graph.input) {
    const dims = (type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => toNumber(dimValue));
    // Some exporters write −1 for a dimension that is open.
    const axis = dims.findIndex((dim) => dim < -1);
    if (axis >= 0) {
      throw new InputError(
        `${place}: input "${name}" has a negative dimension ${axis}: ${dims[axis]}; export it again`,
      );
    }
  }
}

/** Whether a name is defined: in a graph so far, or around it. */
type Scope = (name: string) => boolean;

function validateGraph(graph: Graph, outer: Scope, place: string, checkNode: (node: Node) => void): void {
  const known = new Set<string>();
  const isKnown: Scope = (name) => known.has(name) || outer(name);
  const define = (name: string, by: string) => {
    // ONNX Runtime's interface hands values over as properties of an object.
    if (isReserved(name)) {
      throw new InputError(
        `${place}: ${by} names a value "${name}", which is the name of something that every JavaScript object has; rename it`,
      );
    }
    if (known.has(name)) throw new InputError(`${place}: ${by} defines "${name}", which is defined already`);
    known.add(name);
  };
  for (const stored of graph.initializer) {
    checkWeight(stored, place);
    define(stored.name, 'a weight');
  }
  const weights = new Set(known);
  // Up to IR version 3 every weight was listed among the inputs too.
  for (const { name } of graph.input) if (!weights.has(name)) define(name, 'an input');

  graph.node = sortNodes(graph.node, isKnown, place);
  for (const node of graph.node) {
    checkNode(node);
    for (const subgraph of subgraphsOf(node)) validateGraph(subgraph, isKnown, place, checkNode);
    for (const output of node.output) if (output) define(output, `node ${nodeLabel(node)}`);
  }
  for (const { name } of graph.output) {
    if (!isKnown(name)) throw new InputError(`${place}: nothing computes the output "${name}"`);
  }
}

function checkWeight(stored: onnx.TensorProto, place: string): void {
  const dims = dimsOf(stored);
  const shape = `[${dims.join(', ')}]`;
  if (dims.some((dim) => dim < 0)) {
    throw new InputError(`${place}: weight "${stored.name}" has a negative dimension: ${shape}`);
  }
  const type = elementTypeName(stored.dataType);
  if (!type || stored.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL) return;
  const count = elementCount(dims);
  const [needed, present, unit] =
    type !== 'string' && stored.rawData.length > 0
      ? [count * STORAGE[type].bytes, stored.rawData.length, 'bytes']
      : [count, stored[type === 'string' ? 'stringData' : STORAGE[type].field].length, 'elements'];
  if (needed !== present) {
    throw new InputError(
      `${place}: weight "${stored.name}" of shape ${shape} needs ${needed} ${unit}, the file has ${present}; export it again`,
    );
  }
}

/** Names that a node reads: its inputs, and what its subgraphs take from around them. */
export function valuesReadBy(node: Node): string[] {
  return [...node.input.filter((name) => name !== ''), ...valuesCapturedBy(node)];
}

/** Names that the subgraphs of a node take from around them. */
export function valuesCapturedBy(node: Node): string[] {
  return subgraphsOf(node).flatMap((subgraph) => {
    const inner = new Set([
      ...subgraph.input.map(({ name }) => name),
      ...subgraph.initializer.map(({ name }) => name),
      ...subgraph.node.flatMap(({ output }) => output),
    ]);
    const read = [...subgraph.node.flatMap(valuesReadBy), ...subgraph.output.map(({ name }) => name)];
    return read.filter((name) => !inner.has(name));
  });
}

/** Topological order that keeps the given order where it is one already (Kahn's algorithm). */
function sortNodes(nodes: readonly Node[], isKnown: Scope, place: string): Node[] {
  const producer = new Map<string, number>();
  nodes.forEach(({ output }, index) => output.forEach((name) => name && producer.set(name, index)));

  const waiting = new Array<number>(nodes.length).fill(0);
  const readers = nodes.map((): number[] => []);
  nodes.forEach((node, index) => {
    for (const name of new Set(valuesReadBy(node))) {
      const source = producer.get(name);
      if (source !== undefined) {
        readers[source]!.push(index);
        waiting[index]!++;
      } else if (!isKnown(name)) {
        throw new InputError(`${place}: node ${nodeLabel(node)} reads "${name}", which nothing computes`);
      }
    }
  });

  const inOrder = nodes.every((_, index) => readers[index]!.every((reader) => reader > index));
  if (inOrder) return [...nodes];
  const ready = nodes.flatMap((_, index) => (waiting[index] === 0 ? [index] : []));
  const sorted: Node[] = [];
  for (let next = 0; next < ready.length; next++) {
    const index = ready[next]!;
    sorted.push(nodes[index]!);
    for (const reader of readers[index]!) {
      const left = waiting[reader]! - 1;
      waiting[reader] = left;
      if (left === 0) ready.push(reader);
    }
  }
  if (sorted.length < nodes.length) {
    const stuck = nodes.find((_, index) => waiting[index]! > 0)!;
    throw new InputError(`${place}: node ${nodeLabel(stuck)} is part of a cycle`);
  }
  return sorted;
}
