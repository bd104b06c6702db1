/** How layers store their weights, and what that means for deltas and gradients: everything else sees rows. */
import { dimsOf, timesOf, type GraphBuilder } from '../../graph/builder.js';
import { elementCount } from '../../tensor.js';

/** Sizes of a layer's matrix in each group, as values of a graph: names of one whole number each. */
export interface WeightSizes {
  readonly groups: string;
  /** Rows: outputs at one position. */
  readonly units: string;
  /** Columns: inputs at one position. */
  readonly inputs: string;
  /** Whether there is but one group. */
  readonly isWhole: boolean;
}

/** The order in which a weight is stored, as data: by the axes of its dimensions that are groups, units and inputs, if by no name. */
export type StoredOrder =
  | 'units first'
  | 'inputs first'
  | {
      readonly dims: readonly number[];
      readonly groups: readonly number[];
      readonly units: readonly number[];
      readonly inputs: readonly number[];
    };

/** An order in which the elements of [groups, units, inputs] are stored. */
export interface WeightLayout {
  /** The order as data, for other threads: `layoutOf` makes the layout of it. */
  readonly order: StoredOrder;
  /** What the rows of the stored matrix are, for a single group; of any other order it is not said. */
  readonly storedRows?: 'units' | 'inputs';
  /**
   * The rows of all steps stacked: T · units rows in each group.
   * @param deltas [T, elements]
   * @returns [groups, T · units, inputs]; of a single group also [T, units, inputs], which are the same rows
   */
  rows(g: GraphBuilder, deltas: string, sizes: WeightSizes): string;
  /**
   * The gradient R Fᵀ of the weight, as it is stored, in one dimension.
   * @param reference R, [groups, units, positions]
   * @param columns F, [groups, inputs, positions]
   */
  gradient(g: GraphBuilder, reference: string, columns: string): string;
}

const reshape = (g: GraphBuilder, value: string, dims: readonly (number | string)[]) =>
  g.op('Reshape', [value, dimsOf(g, ...dims)]);
const swap = (g: GraphBuilder, value: string, perm: number[]) => g.op('Transpose', [value], { perm });

/** Left · Rightᵀ for each group. */
const product = (g: GraphBuilder, left: string, right: string) => g.op('MatMul', [left, swap(g, right, [0, 2, 1])]);

/** [T, groups · width] to [groups, T, width]; as it is for a single group. */
export function byGroup(g: GraphBuilder, value: string, { isWhole, groups }: WeightSizes, width: string): string {
  return isWhole ? value : swap(g, reshape(g, value, [-1, groups, width]), [1, 0, 2]);
}

/** [groups, units, inputs]: convolutions, and matrices on the left. */
export const unitsFirst: WeightLayout = {
  order: 'units first',
  storedRows: 'units',
  rows: (g, deltas, sizes) =>
    reshape(g, byGroup(g, deltas, sizes, timesOf(g, sizes.units, sizes.inputs)), [sizes.groups, -1, sizes.inputs]),
  gradient: (g, reference, columns) => reshape(g, product(g, reference, columns), [-1]),
};

/** [inputs, units]: matrices on the right. */
export const inputsFirst: WeightLayout = {
  order: 'inputs first',
  storedRows: 'inputs',
  rows: (g, deltas, { units, inputs }) => swap(g, reshape(g, deltas, [-1, inputs, units]), [0, 2, 1]),
  gradient: (g, reference, columns) => reshape(g, product(g, columns, reference), [-1]),
};

/** Any order: the axes of the stored weight that are groups, units and inputs. */
export function permuted(
  dims: readonly number[],
  groups: readonly number[],
  units: readonly number[],
  inputs: readonly number[],
): WeightLayout {
  const order = [...groups, ...units, ...inputs];
  const sizes = (axes: readonly number[]) => axes.map((axis) => dims[axis]!);
  const shifted = (axes: readonly number[]) => axes.map((axis) => axis + 1);
  return {
    order: { dims, groups, units, inputs },
    rows: (g, deltas) => {
      const steps = swap(g, reshape(g, deltas, [-1, ...dims]), [
        ...shifted(groups),
        0,
        ...shifted([...units, ...inputs]),
      ]);
      return reshape(g, steps, [elementCount(sizes(groups)), -1, elementCount(sizes(inputs))]);
    },
    gradient: (g, reference, columns) => {
      const apart = reshape(g, product(g, reference, columns), sizes(order));
      return reshape(
        g,
        swap(
          g,
          apart,
          dims.map((_, axis) => order.indexOf(axis)),
        ),
        [-1],
      );
    },
  };
}

/** The layout of an order. */
export function layoutOf(order: StoredOrder): WeightLayout {
  if (order === 'units first') return unitsFirst;
  if (order === 'inputs first') return inputsFirst;
  return permuted(order.dims, order.groups, order.units, order.inputs);
}
