/** The traceable layers of a model: the linear maps whose pre-activations a trace takes apart. */
import { InputError } from '../errors.js';
import { nearestNames } from '../nearest.js';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../onnx/attributes.js';
import { isFloatTensor } from '../onnx/element-type.js';
import { exportedName } from '../onnx/exported-name.js';
import type { Graph, Node, StoredTensor } from '../onnx/model.js';
import { dimsOf } from '../onnx/tensor-proto.js';
import { valuesReadBy } from '../onnx/validate.js';
import { elementCount } from '../tensor.js';
import { rolesOf, stackedProduct, type Contraction } from './contraction.js';
import { table } from '../table.js';

/** A linear layer W f + b with stored weights. */
export interface TraceableLayer {
  /** 0-based, in the order of the graph. */
  readonly index: number;
  /** Name of the node, or of its output where the node has none. */
  readonly name: string;
  /** Conv, ConvTranspose, Einsum, Gemm or MatMul. */
  readonly op: string;
  /** Name of the weight W. Several layers may share one. */
  readonly weight: string;
  /** The weight's dimensions as it is stored. */
  readonly weightDims: readonly number[];
  /** Rows of W: output channels or units. */
  readonly rows: number;
  /** Columns of W: what one output sees at one position, input channels of its group × kernel size. */
  readonly columns: number;
  /** Whether the weight is stored as [columns, rows] instead of [rows, columns…]; not of a transposed convolution's. */
  readonly transposed: boolean;
  /** Which axes W sums over, where they are not those of a matrix or a convolution. */
  readonly contraction?: Contraction | undefined;
  /** Name of the bias b, of `rows` elements: a further input that is always 1. */
  readonly bias?: string | undefined;
  /** Value f that the layer is applied to: `f_{l−1}` in the papers. */
  readonly input: string;
  /** The axis of `input`, and of `preActivation`, that W acts on; the others are the batch and positions. */
  readonly axis: number;
  /** Value W f + b. */
  readonly preActivation: string;
  /** The nodes that compute it: the linear one, and the Add of a bias that stands apart. */
  readonly nodes: readonly Node[];
}

/** Why a node is no traceable layer. */
interface Untraceable {
  readonly reason: string;
}

/** Where a linear operator has its operands, and along which axis of its input the weight acts. */
interface Operands {
  readonly input: number;
  readonly weight: number;
  readonly bias?: number;
  readonly axis: number;
  /** Whether the operand is [columns, rows]. */
  readonly transposed: (node: Node) => boolean;
}

const OPERANDS = table<readonly Operands[]>({
  Conv: [{ input: 0, weight: 1, bias: 2, axis: 1, transposed: () => false }],
  Einsum: [
    { input: 0, weight: 1, axis: -1, transposed: () => false },
    { input: 1, weight: 0, axis: -1, transposed: () => false },
  ],
  // Its weight is [channels, rows of a group, taps…].
  ConvTranspose: [{ input: 0, weight: 1, bias: 2, axis: 1, transposed: () => false }],
  Gemm: [{ input: 0, weight: 1, bias: 2, axis: -1, transposed: (node) => intAttribute(node, 'transB', 0) === 0 }],
  MatMul: [
    { input: 0, weight: 1, axis: -1, transposed: () => true },
    { input: 1, weight: 0, axis: -2, transposed: () => false },
  ],
});

/** Whether layers of this operator can be traced. */
export function isTraceable(op: string): boolean {
  return op in OPERANDS;
}

/** The linear nodes of a graph, and which of them can be traced. */
export interface LinearNodes {
  /** Those that can be traced, in topological order. */
  readonly layers: readonly TraceableLayer[];
  /** Why each of the others cannot. */
  readonly untraceable: ReadonlyMap<Node, string>;
}

/**
 * Examines the linear nodes of a graph. Weights must be stored in the graph (see `lift-constants.ts`); a layer may use
 * one through Identity, or a transposition.
 */
export function linearNodes(graph: Graph): LinearNodes {
  const weights = storedWeights(graph);
  const layers: TraceableLayer[] = [];
  const untraceable = new Map<Node, string>();
  for (const node of graph.node) {
    if (!isTraceable(node.opType)) continue;
    const layer = layerOf(graph, weights, node);
    if ('reason' in layer) untraceable.set(node, layer.reason);
    else layers.push({ index: layers.length, ...layer });
  }
  return { layers, untraceable };
}

/** The traceable layers of a graph in topological order. */
export function traceableLayers(graph: Graph): readonly TraceableLayer[] {
  return linearNodes(graph).layers;
}

/** A stored weight as a node sees it. */
interface SeenWeight {
  readonly stored: StoredTensor;
  readonly transposed: boolean;
}

/** The stored weights of a graph under every name that they have, also behind Identity and the transposition of a matrix. */
function storedWeights(graph: Graph): ReadonlyMap<string, SeenWeight> {
  const seen = new Map(graph.initializer.map((stored) => [stored.name, { stored, transposed: false }]));
  for (const node of graph.node) {
    const source = seen.get(node.input[0] ?? '');
    if (!source) continue;
    const [output] = node.output;
    if (node.opType === 'Identity') seen.set(output!, source);
    const isMatrix = source.stored.dims.length === 2;
    const swaps = (intsAttribute(node, 'perm') ?? [1, 0])[0] === 1;
    if (node.opType === 'Transpose' && isMatrix && swaps) {
      seen.set(output!, { ...source, transposed: !source.transposed });
    }
  }
  return seen;
}

function layerOf(
  graph: Graph,
  weights: ReadonlyMap<string, SeenWeight>,
  node: Node,
): Omit<TraceableLayer, 'index'> | Untraceable {
  const operands = OPERANDS[node.opType]!.find(({ weight }) => weights.has(node.input[weight] ?? ''));
  if (!operands) return { reason: 'its weight is computed, not stored' };
  const input = node.input[operands.input] ?? '';
  if (weights.has(input)) return { reason: 'it multiplies constants' };
  const { stored, transposed } = weights.get(node.input[operands.weight]!)!;
  if (!isFloatTensor(stored)) return { reason: 'its weight is not floating point' };
  const weightDims = dimsOf(stored);
  if (node.opType === 'Gemm') {
    if (intAttribute(node, 'transA', 0) === 1) return { reason: 'its input is transposed (transA)' };
    if (floatAttribute(node, 'alpha', 1) !== 1) return { reason: 'it scales the product (alpha)' };
  }
  if (node.opType === 'MatMul' && weightDims.length < 2) return { reason: 'its weight is a vector' };
  const contraction = contractionOf(node, operands.weight, weightDims);
  const roles = contraction && rolesOf(contraction);
  if (node.opType === 'Einsum' && !roles) return { reason: 'its equation is not a product of a matrix and its input' };
  if (contraction && transposed) return { reason: 'its weight is transposed before' };
  const columnsFirst = operands.transposed(node) !== transposed;
  const outputs = roles ? roles.outputs : [rowsOf(node, weightDims, columnsFirst)];
  const rows = elementCount(outputs);
  const vectorOf = (name: string | undefined) => {
    const bias = name === undefined ? undefined : weights.get(name)?.stored;
    const dims = bias && dimsOf(bias);
    const fits =
      dims && elementCount(dims) === rows && outputs.every((size, i) => dims.at(i - outputs.length) === size);
    return fits && (!roles || roles.endsInOutputs) ? bias.name : undefined;
  };
  const own = operands.bias === undefined ? undefined : node.input[operands.bias];
  const ownScale = node.opType === 'Gemm' ? floatAttribute(node, 'beta', 1) : 1;
  if (own && (!vectorOf(own) || ownScale !== 1)) {
    return { reason: 'its bias is not a stored vector with one number per output' };
  }
  const apart = own || operands.axis !== -1 ? undefined : biasAdded(graph, node, vectorOf);
  return {
    name: node.name || node.output[0]!,
    op: node.opType,
    weight: stored.name,
    weightDims,
    rows,
    columns: elementCount(weightDims) / rows,
    transposed: columnsFirst,
    contraction,
    bias: vectorOf(own) ?? apart?.bias,
    input,
    axis: operands.axis,
    preActivation: apart?.node.output[0] ?? node.output[0]!,
    nodes: apart ? [node, apart.node] : [node],
  };
}

/** How an Einsum, or a product with a stack of matrices, sums; undefined for other operators. */
function contractionOf(node: Node, weightAt: number, weightDims: readonly number[]): Contraction | undefined {
  if (node.opType === 'MatMul') return stackedProduct(weightAt, weightDims);
  return node.opType === 'Einsum'
    ? { equation: stringAttribute(node, 'equation', ''), weightAt, weightDims }
    : undefined;
}

function rowsOf(node: Node, weightDims: readonly number[], columnsFirst: boolean): number {
  if (node.opType === 'ConvTranspose') return weightDims[1]! * intAttribute(node, 'group', 1);
  // A MatMul's weight may have axes of one element before its matrix.
  const dims = node.opType === 'MatMul' ? weightDims.slice(-2) : weightDims;
  return dims[columnsFirst ? 1 : 0]!;
}

/** The Add of a stored vector that is all that happens to a product. */
function biasAdded(
  graph: Graph,
  product: Node,
  vectorOf: (name: string | undefined) => string | undefined,
): { node: Node; bias: string } | undefined {
  const value = product.output[0]!;
  if (graph.output.some(({ name }) => name === value)) return undefined;
  const readers = graph.node.filter((node) => valuesReadBy(node).includes(value));
  const [node] = readers;
  if (readers.length !== 1 || node?.opType !== 'Add') return undefined;
  const bias = vectorOf(node.input.find((name) => name !== value));
  return bias === undefined ? undefined : { node, bias };
}

/**
 * Finds layers by node name, weight name or number.
 * @returns them in the graph's order, each once
 * @throws InputError for one that does not exist, with the names nearest to it
 */
export function findLayers(layers: readonly TraceableLayer[], wanted: readonly string[]): TraceableLayer[] {
  const found = wanted.flatMap((text) => {
    const named = layers.filter(
      ({ name, weight, nodes }) => name === text || weight === text || exportedName(nodes[0]!) === text,
    );
    const chosen = named.length > 0 ? named : layers.filter(({ index }) => String(index) === text);
    if (chosen.length === 0) {
      if (layers.length === 0)
        throw new InputError(`layer "${text}" does not exist: the model has no traceable layers`);
      const names = /^\d+$/.test(text)
        ? `the numbers go from 0 to ${Math.max(...layers.map(({ index }) => index))}`
        : `the nearest are ${nearestNames(
            text,
            layers.flatMap(({ name, weight }) => [name, weight]),
          ).join(', ')}`;
      throw new InputError(`layer "${text}" does not exist; ${names} (see onnx-explain inspect)`);
    }
    return chosen;
  });
  return layers.filter((layer) => found.includes(layer));
}
