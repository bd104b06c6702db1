/** The traceable layers of a model: the linear maps whose pre-activations a trace takes apart. */
import { InputError } from '../errors.js';
import { intAttribute } from '../onnx/attributes.js';
import type { Graph, Node } from '../onnx/model.js';
import { dimsOf } from '../onnx/tensor-proto.js';

/** A linear layer W f + b with stored weights. */
export interface TraceableLayer {
  /** 0-based, in the order of the graph. */
  readonly index: number;
  /** Name of the node. */
  readonly name: string;
  /** Conv, Gemm or MatMul. */
  readonly op: string;
  /** Name of the weight W. */
  readonly weight: string;
  readonly weightDims: readonly number[];
  /** Name of the bias b: a further input that is always 1. */
  readonly bias?: string | undefined;
  /** Value f that the layer is applied to. */
  readonly input: string;
  /** Value W f + b. */
  readonly preActivation: string;
  /** The nodes that compute it: the linear one, and the Add of a bias that stands apart. */
  readonly nodes: readonly Node[];
}

/** Where each linear operator has its input, weight and bias. */
const OPERANDS: Readonly<Record<string, readonly { input: number; weight: number; bias?: number }[]>> = {
  Conv: [{ input: 0, weight: 1, bias: 2 }],
  Gemm: [{ input: 0, weight: 1, bias: 2 }],
  MatMul: [
    { input: 0, weight: 1 },
    { input: 1, weight: 0 },
  ],
};

/** Whether layers of this operator can be traced. */
export function isTraceable(op: string): boolean {
  return op in OPERANDS;
}

/** The traceable layers of a graph in topological order. */
export function traceableLayers(graph: Graph): TraceableLayer[] {
  const weights = new Map(graph.initializer.map((stored) => [stored.name, stored]));
  const layers: TraceableLayer[] = [];
  graph.node.forEach((node) => {
    const operands = OPERANDS[node.opType]?.find(
      ({ input, weight }) => weights.has(node.input[weight] ?? '') && !weights.has(node.input[input] ?? ''),
    );
    if (!operands || (node.opType === 'Gemm' && intAttribute(node, 'transA', 0) === 1)) return;
    const weight = node.input[operands.weight]!;
    const own = operands.bias === undefined ? undefined : node.input[operands.bias];
    const apart = node.opType === 'MatMul' ? biasAdded(graph, node, weights) : undefined;
    layers.push({
      index: layers.length,
      name: node.name || node.output[0]!,
      op: node.opType,
      weight,
      weightDims: dimsOf(weights.get(weight)!),
      bias: own && weights.has(own) ? own : apart?.bias,
      input: node.input[operands.input]!,
      preActivation: apart?.node.output[0] ?? node.output[0]!,
      nodes: apart ? [node, apart.node] : [node],
    });
  });
  return layers;
}

/** The Add of a stored vector that is all that happens to a MatMul's result. */
function biasAdded(
  graph: Graph,
  product: Node,
  weights: ReadonlyMap<string, Parameters<typeof dimsOf>[0]>,
): { node: Node; bias: string } | undefined {
  const value = product.output[0]!;
  const readers = graph.node.filter(({ input }) => input.includes(value));
  const [node] = readers;
  if (readers.length !== 1 || node?.opType !== 'Add') return undefined;
  const bias = node.input.find((name) => name !== value);
  const stored = bias === undefined ? undefined : weights.get(bias);
  return stored && dimsOf(stored).length === 1 ? { node, bias: bias! } : undefined;
}

/**
 * Finds layers by node name, weight name or number.
 * @throws InputError for one that does not exist, with the names nearest to it
 */
export function findLayers(layers: readonly TraceableLayer[], wanted: readonly string[]): TraceableLayer[] {
  const found = wanted.map((text) => {
    const layer =
      layers.find(({ name, weight }) => name === text || weight === text) ??
      layers.find(({ index }) => String(index) === text);
    if (!layer) {
      const names = layers.map(({ name }) => name);
      const nearest = names.sort((a, b) => distance(a, text) - distance(b, text)).slice(0, 3);
      throw new InputError(
        `layer "${text}" does not exist; the nearest are ${nearest.join(', ')} (see onnx-explain inspect)`,
      );
    }
    return layer;
  });
  return layers.filter((layer) => found.includes(layer));
}

/** Edit distance (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
