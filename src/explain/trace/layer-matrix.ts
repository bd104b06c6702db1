/** A traced layer as matrices: its sizes, and its flat deltas taken apart. */
import type { GraphBuilder } from '../../graph/builder.js';
import type { TraceableLayer } from '../../graph/layers.js';
import { float32, type Tensor } from '../../tensor.js';
import { columnsOf } from './columns.js';
import { byGroup, type WeightLayout } from './weight-layout.js';

/** A layer z = W f + b as Z = W F + b 1ᵀ, for each group. */
export interface LayerMatrix {
  readonly groups: number;
  /** Outputs of a group at one position: rows of W. */
  readonly units: number;
  /** Inputs of a group at one position: columns of W, rows of F. */
  readonly inputs: number;
  /** Columns of F for one example. */
  readonly positions: number;
  /** The order in which the weight is stored. */
  readonly layout: WeightLayout;
  readonly hasBias: boolean;
  /** Elements of a flat delta: the weight as it is stored, then the bias. */
  readonly size: number;
  /** Emits F from the layer's input for one example: [groups, inputs, positions]. */
  readonly columns: (g: GraphBuilder, f: string) => string;
}

/**
 * A layer as matrices.
 * @param inputDims dimensions of its input for one example
 * @param outputSize elements of its output for one example
 * @param hasBias whether its deltas have a bias part
 */
export function layerMatrix(
  layer: TraceableLayer,
  inputDims: readonly number[],
  outputSize: number,
  hasBias: boolean,
): LayerMatrix {
  const { rows, columns: inputs } = layer;
  const { groups, layout, emit } = columnsOf(layer, inputDims);
  return {
    groups,
    units: rows / groups,
    inputs,
    positions: outputSize / rows,
    layout,
    hasBias,
    size: rows * inputs + (hasBias ? rows : 0),
    columns: emit,
  };
}

/** Deltas of T steps in a graph, taken apart. */
export interface SplitDeltas {
  /** As the log holds them: [T, elements of the weight] and, where there is a bias, [T, elements of the bias]. */
  readonly stored: readonly string[];
  /** The rows of all steps stacked, T · units rows in each group: [groups, T · units, inputs], or [T, units, inputs]. */
  readonly weight: string;
  /** [groups, T · units, 1]; undefined without a bias. */
  readonly bias: string | undefined;
}

/** Declares deltas as inputs of a graph; `deltaFeeds` makes the feeds. */
export function declareDeltas(g: GraphBuilder, matrix: LayerMatrix, name: string): SplitDeltas {
  const { groups, units, layout } = matrix;
  const stored = parts(matrix).map(({ label, length }) => g.input(`${name} ${label}`, 'float32', ['steps', length]));
  const [weights, biases] = stored;
  return {
    stored,
    weight: layout.rows(g, weights!, matrix),
    bias: biases && g.op('Reshape', [byGroup(g, biases, groups, units), g.ints([groups, -1, 1])]),
  };
}

/** Makes the feeds of declared deltas from deltas as the log gives them, [steps, size]. They hold until the next call. */
export type DeltaFeeds = (deltas: Float32Array, steps: number) => Record<string, Tensor>;

/**
 * Feeds for declared deltas. Weight and bias are told apart here rather than in the graph: of a single step they are
 * views, so that a large layer's weight is never copied; several small steps are copied into arrays that are used again.
 */
export function deltaFeeds(matrix: LayerMatrix, name: string): DeltaFeeds {
  const scratch = new Map<string, Float32Array>();
  const copy = (label: string, begin: number, length: number, deltas: Float32Array, steps: number) => {
    let array = scratch.get(label);
    if (!array || array.length < steps * length) scratch.set(label, (array = new Float32Array(steps * length)));
    for (let step = 0; step < steps; step++) {
      const from = step * matrix.size + begin;
      array.set(deltas.subarray(from, from + length), step * length);
    }
    return array.subarray(0, steps * length);
  };
  return (deltas, steps) =>
    Object.fromEntries(
      parts(matrix).map(({ label, begin, length }) => {
        const contiguous = steps === 1 || length === matrix.size;
        const data = contiguous
          ? deltas.subarray(begin, begin + steps * length)
          : copy(label, begin, length, deltas, steps);
        return [`${name} ${label}`, float32(data, [steps, length])];
      }),
    );
}

/** Where weight and bias lie in a flat delta. */
function parts({ groups, units, inputs, hasBias }: LayerMatrix) {
  const outputs = groups * units;
  const weights = { label: 'weights', begin: 0, length: outputs * inputs };
  return hasBias ? [weights, { label: 'biases', begin: weights.length, length: outputs }] : [weights];
}

/** What deltas make of columns: [groups, T · units, columns]. */
export function applyTo(g: GraphBuilder, { groups }: LayerMatrix, deltas: SplitDeltas, columns: string): string {
  // ONNX Runtime makes one operation of a Transpose and the MatMul right behind it; copying a large weight into its
  // transpose would take several times as long as the product.
  const product = g.op('MatMul', [deltas.weight, columns]);
  const stacked = g.op('Reshape', [product, g.ints([groups, -1, 0])]);
  return deltas.bias === undefined ? stacked : g.op('Add', [stacked, deltas.bias]);
}
