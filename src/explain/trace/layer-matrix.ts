/** A traced layer as matrices: its sizes. */
import type { GraphBuilder } from '../../graph/builder.js';
import type { TraceableLayer } from '../../graph/layers.js';
import { columnsOf } from './columns.js';
import type { WeightLayout } from './weight-layout.js';

/** Matrices of the shape of a layer's updates. */
export interface StepMatrix {
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
}

/** A layer z = W f + b as Z = W F + b 1ᵀ, for each group. */
export interface LayerMatrix extends StepMatrix {
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
