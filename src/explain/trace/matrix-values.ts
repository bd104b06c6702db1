/** The sizes of a layer's matrix as values of a graph, which then serves layers of every size. */
import type { GraphBuilder } from '../../graph/builder.js';
import { int64, type Tensor } from '../../tensor.js';
import type { StepMatrix } from './layer-matrix.js';
import type { WeightLayout } from './weight-layout.js';

/** What a graph knows of a layer's matrix; see `StepMatrix`. */
export interface MatrixValues {
  /** Names of values of one whole number each. */
  readonly groups: string;
  readonly units: string;
  readonly inputs: string;
  readonly positions: string;
  /** Whether there is but one group. */
  readonly isWhole: boolean;
  readonly layout: WeightLayout;
  readonly hasBias: boolean;
  /** Whether there is but one query, whose sums run over rows. */
  readonly oneQuery: boolean;
}

/** Name of the input that has the sizes. */
const SIZES = 'sizes';

/**
 * Declares the sizes as an input of a graph; `sizesOf` makes its feed.
 * @param oneQuery whether the graph computes for one query alone
 */
export function declareSizes(g: GraphBuilder, { groups, layout, hasBias }: StepMatrix, oneQuery = false): MatrixValues {
  const sizes = g.input(SIZES, 'int64', [4]);
  const [ofGroups, units, inputs, positions] = g.ops('Split', [sizes], { num_outputs: 4 }, 4);
  return {
    groups: ofGroups!,
    units: units!,
    inputs: inputs!,
    positions: positions!,
    isWhole: groups === 1,
    layout,
    hasBias,
    oneQuery,
  };
}

/** The feed of what was declared. */
export function sizesOf({ groups, units, inputs, positions }: StepMatrix): Record<string, Tensor> {
  return { [SIZES]: int64([groups, units, inputs, positions]) };
}

/** Dimensions as a value: numbers, and values of one or several whole numbers. */
export function dimsOf(g: GraphBuilder, ...dims: readonly (number | string)[]): string {
  const parts: string[] = [];
  let numbers: number[] = [];
  const end = () => {
    if (numbers.length > 0) parts.push(g.ints(numbers));
    numbers = [];
  };
  for (const dim of dims) {
    if (typeof dim === 'number') numbers.push(dim);
    else {
      end();
      parts.push(dim);
    }
  }
  end();
  return parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 0 });
}

/** A product of sizes. */
export function timesOf(g: GraphBuilder, ...sizes: readonly string[]): string {
  return sizes.reduce((product, size) => g.op('Mul', [product, size]));
}

/** A size of a value. */
export function sizeOf(g: GraphBuilder, value: string, axis: number): string {
  return g.op('Shape', [value], { start: axis, end: axis + 1 });
}
