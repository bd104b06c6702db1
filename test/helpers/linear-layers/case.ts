/** A linear layer as an ONNX graph and as plain loops. */
import type { GraphBuilder } from '../../../src/graph/builder.js';

/** Elements of a layer in plain numbers, in the order in which ONNX stores them. */
export type Numbers = ArrayLike<number>;

/** One layer, in both forms. */
export interface LinearCase {
  readonly name: string;
  /** Of the layer's input, with a batch of one. */
  readonly inputDims: readonly number[];
  readonly weightDims: readonly number[];
  /** Number of elements of the bias, 0 for none. */
  readonly bias: number;
  /** Adds the layer to a graph. */
  readonly emit: (g: GraphBuilder, x: string, weight: string, bias: string) => string;
  /** The same by definition: the layer's output before the bias is anything but added. */
  slow(x: Numbers, weight: Numbers, bias: Numbers): Float64Array;
}

/** Every place of a grid, the last axis fastest. */
export function combinations(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (rows, size) => rows.flatMap((row) => Array.from({ length: size }, (_, i) => [...row, i])),
    [[]],
  );
}
