/** A traced layer as matrices: its sizes, and its flat deltas taken apart. */
import type { GraphBuilder } from '../../graph/builder.js';
import type { TraceableLayer } from '../../graph/layers.js';
import { columnsOf } from './columns.js';

/** A layer z = W f + b as Z = W F + b 1ᵀ, for each group. */
export interface LayerMatrix {
  readonly groups: number;
  /** Outputs of a group at one position: rows of W. */
  readonly units: number;
  /** Inputs of a group at one position: columns of W, rows of F. */
  readonly inputs: number;
  /** Columns of F for one example. */
  readonly positions: number;
  /** Whether the weight is stored [inputs, units] instead of [groups, units, inputs]. */
  readonly transposed: boolean;
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
  const { rows, columns: inputs, transposed } = layer;
  const { groups, emit } = columnsOf(layer, inputDims);
  return {
    groups,
    units: rows / groups,
    inputs,
    positions: outputSize / rows,
    transposed,
    hasBias,
    size: rows * inputs + (hasBias ? rows : 0),
    columns: emit,
  };
}

/** Flat deltas taken apart. The rows of all steps are stacked: T steps have T · units rows in each group. */
export interface SplitDeltas {
  /** [groups, T · units, inputs]; of a transposed layer [T, units, inputs], which are the same rows. */
  readonly weight: string;
  /** [groups, T · units, 1]; undefined without a bias. */
  readonly bias: string | undefined;
}

/** @param deltas [T, size] */
export function splitDeltas(g: GraphBuilder, matrix: LayerMatrix, deltas: string): SplitDeltas {
  const { groups, units, inputs, transposed, hasBias, size } = matrix;
  const weightSize = groups * units * inputs;
  const part = (begin: number, end: number) => g.op('Slice', [deltas, g.ints([begin]), g.ints([end]), g.ints([1])]);
  const weights = hasBias ? part(0, weightSize) : deltas;
  const reshape = (value: string, ...dims: number[]) => g.op('Reshape', [value, g.ints(dims)]);
  const swap = (value: string, ...perm: number[]) => g.op('Transpose', [value], { perm });
  /** [T, groups · width] to [groups, T, width] */
  const byGroup = (value: string, width: number) =>
    groups === 1 ? value : swap(reshape(value, -1, groups, width), 1, 0, 2);
  return {
    weight: transposed
      ? swap(reshape(weights, -1, inputs, units), 0, 2, 1)
      : reshape(byGroup(weights, units * inputs), groups, -1, inputs),
    bias: hasBias ? reshape(byGroup(part(weightSize, size), units), groups, -1, 1) : undefined,
  };
}

/** What deltas make of columns: [groups, T · units, columns]. */
export function applyTo(g: GraphBuilder, { groups }: LayerMatrix, split: SplitDeltas, columns: string): string {
  // ONNX Runtime makes one operation of a Transpose and the MatMul right behind it; copying a large weight into its
  // transpose would take several times as long as the product.
  const product = g.op('MatMul', [split.weight, columns]);
  const stacked = g.op('Reshape', [product, g.ints([groups, -1, 0])]);
  return split.bias === undefined ? stacked : g.op('Add', [stacked, split.bias]);
}
