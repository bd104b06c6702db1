/** A network as relevance sees it: its nodes with their kinds, and what is known of the graph around them. */
import { nodesLeadingTo, valuesDependingOn } from '../../../graph/reachable.js';
import type { Values } from '../../../graph/values.js';
import { graphOf, isStandardDomain, type Node } from '../../../onnx/model.js';
import { valuesReadBy } from '../../../onnx/validate.js';
import type { Classifier } from '../../../classifier/classifier.js';
import type { LinearNode } from './linear-map.js';
import { kindOfNode, type NodeKind } from './node-kind.js';
import { nonNegativeValues } from './non-negative.js';

/** A network as relevance sees it. */
export interface RelevanceGraph {
  /** The nodes that relevance passes, in topological order, with their kinds. */
  readonly kinds: ReadonlyMap<Node, NodeKind>;
  /** The linear ones, by node. */
  readonly linear: ReadonlyMap<Node, LinearNode>;
  /** The linear ones with no other linear one between them and the input. */
  readonly first: ReadonlySet<Node>;
  /** For the Add of a bias that stands apart, the linear node before it. */
  readonly biasOf: ReadonlyMap<Node, Node>;
  /** Whether a value depends on the input. */
  readonly depends: (value: string) => boolean;
  /** Whether a value is known to have no element below zero. */
  readonly nonNegative: (value: string) => boolean;
  /** Whether a value is a weight that changes from call to call. */
  readonly isFed: (value: string) => boolean;
  /** What a Relu makes of a value, where one reads it. */
  readonly rectified: (value: string) => string | undefined;
  /** The node that computes a value. */
  readonly producer: (value: string) => Node | undefined;
}

/**
 * Looks at every node between a model's input and its scores.
 * @param fed names of weights that change from call to call
 */
export function relevanceGraphOf(
  { model, values, input, scores }: Classifier,
  fed: readonly string[] = [],
): RelevanceGraph {
  const changing = new Set(fed);
  const isFed = (value: string) => changing.has(value);
  const nodes = nodesLeadingTo(graphOf(model).node, [scores]);
  const reached = valuesDependingOn(nodes, [input.name]);
  const depends = (value: string) => reached.has(value) && values.of(value).type.startsWith('float');
  const passed = nodes.filter((node) => node.output.some(depends) && valuesReadBy(node).some(depends));
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const producer = (value: string) => producers.get(value);

  const linear = new Map<Node, LinearNode>();
  const biasOf = new Map<Node, Node>();
  for (const node of passed) {
    const layer = linearNode(node, depends);
    if (!layer) continue;
    const add = node.opType === 'MatMul' ? biasAdd(nodes, node, values, depends, scores) : undefined;
    linear.set(node, add ? { ...layer, bias: add.bias, output: add.node.output[0]! } : layer);
    if (add) biasOf.set(add.node, node);
  }
  const kinds = new Map(
    passed.map(
      (node) => [node, linear.has(node) ? 'linear' : biasOf.has(node) ? 'bias' : kindOfNode(node, depends)] as const,
    ),
  );
  const relus = passed.filter(({ opType, domain }) => opType === 'Relu' && isStandardDomain(domain));
  const rectified = new Map(relus.map(({ input: [read], output: [made] }) => [read, made]));
  return {
    kinds,
    linear,
    first: firstOf(passed, linear),
    biasOf,
    depends,
    nonNegative: nonNegativeValues(nodes, values, isFed),
    isFed,
    rectified: (value) => rectified.get(value),
    producer,
  };
}

/** Operators that multiply by weights. */
const LINEAR: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

function linearNode(node: Node, depends: (value: string) => boolean): LinearNode | undefined {
  if (!LINEAR.has(node.opType) || !isStandardDomain(node.domain)) return undefined;
  const [first, second] = [depends(node.input[0]!), depends(node.input[1]!)];
  // A product of two values of the network (attention) is none.
  if (first === second || (!first && node.opType !== 'MatMul')) return undefined;
  const bias = node.input[2];
  if (bias && depends(bias)) return undefined;
  const [data, weight] = first ? [0, 1] : [1, 0];
  return { node, data, weight, bias: bias === '' ? undefined : bias, output: node.output[0]! };
}

/** The Add of a constant that is all that happens to a product, and broadcasts over it. */
function biasAdd(
  nodes: readonly Node[],
  product: Node,
  values: Values,
  depends: (value: string) => boolean,
  scores: string,
): { node: Node; bias: string } | undefined {
  const value = product.output[0]!;
  const readers = nodes.filter((node) => valuesReadBy(node).includes(value));
  const [node] = readers;
  if (value === scores || readers.length !== 1 || node?.opType !== 'Add') return undefined;
  const bias = node.input.find((name) => name !== value);
  if (bias === undefined || depends(bias)) return undefined;
  const sameShape = values.of(node.output[0]!).dims.join() === values.of(value).dims.join();
  return sameShape ? { node, bias } : undefined;
}

function firstOf(passed: readonly Node[], linear: ReadonlyMap<Node, LinearNode>): Set<Node> {
  const behind = new Set<string>();
  const first = new Set<Node>();
  for (const node of passed) {
    const after = valuesReadBy(node).some((name) => behind.has(name));
    if (linear.has(node) && !after) first.add(node);
    if (linear.has(node) || after) for (const output of node.output) behind.add(output);
  }
  return first;
}
