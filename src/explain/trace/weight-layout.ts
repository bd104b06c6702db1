/** How layers store their weights, and what that means for deltas and gradients: everything else sees rows. */
import type { GraphBuilder } from '../../graph/builder.js';

/** Sizes of a layer's matrix in each group. */
export interface MatrixSizes {
  readonly groups: number;
  /** Rows: outputs at one position. */
  readonly units: number;
  /** Columns: inputs at one position. */
  readonly inputs: number;
}

/** An order in which the elements of [groups, units, inputs] are stored. */
export interface WeightLayout {
  /**
   * The rows of all steps stacked: T · units rows in each group.
   * @param deltas [T, elements]
   * @returns [groups, T · units, inputs]; of a single group also [T, units, inputs], which are the same rows
   */
  rows(g: GraphBuilder, deltas: string, sizes: MatrixSizes): string;
  /**
   * The gradient R Fᵀ of the weight, as it is stored, in one dimension.
   * @param reference R, [groups, units, positions]
   * @param columns F, [groups, inputs, positions]
   */
  gradient(g: GraphBuilder, reference: string, columns: string, sizes: MatrixSizes): string;
}

const reshape = (g: GraphBuilder, value: string, ...dims: number[]) => g.op('Reshape', [value, g.ints(dims)]);
const swap = (g: GraphBuilder, value: string, ...perm: number[]) => g.op('Transpose', [value], { perm });

/** Left · Rightᵀ for each group. */
const product = (g: GraphBuilder, left: string, right: string) => g.op('MatMul', [left, swap(g, right, 0, 2, 1)]);

/** [T, groups · width] to [groups, T, width] */
export function byGroup(g: GraphBuilder, value: string, groups: number, width: number): string {
  return groups === 1 ? value : swap(g, reshape(g, value, -1, groups, width), 1, 0, 2);
}

/** [groups, units, inputs]: convolutions, and matrices on the left. */
export const unitsFirst: WeightLayout = {
  rows: (g, deltas, { groups, units, inputs }) =>
    reshape(g, byGroup(g, deltas, groups, units * inputs), groups, -1, inputs),
  gradient: (g, reference, columns) => reshape(g, product(g, reference, columns), -1),
};

/** [inputs, units]: matrices on the right. */
export const inputsFirst: WeightLayout = {
  rows: (g, deltas, { units, inputs }) => swap(g, reshape(g, deltas, -1, inputs, units), 0, 2, 1),
  gradient: (g, reference, columns) => reshape(g, product(g, columns, reference), -1),
};

/** [groups, channels, units, taps], where channels · taps are the inputs: transposed convolutions. */
export function channelsFirst(taps: number): WeightLayout {
  return {
    rows: (g, deltas, { groups, units, inputs }) => {
      const stored = reshape(g, deltas, -1, groups, inputs / taps, units, taps);
      return reshape(g, swap(g, stored, 1, 0, 3, 2, 4), groups, -1, inputs);
    },
    gradient: (g, reference, columns, { groups, units, inputs }) => {
      const rows = reshape(g, product(g, reference, columns), groups, units, inputs / taps, taps);
      return reshape(g, swap(g, rows, 0, 2, 1, 3), -1);
    },
  };
}
