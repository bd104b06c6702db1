/** The sizes of a layer's matrix as values of a graph, which then serves layers of every size. */
import type { GraphBuilder } from '../../graph/builder.js';
import { int64, type Tensor } from '../../tensor.js';
import type { StepMatrix } from './layer-matrix.js';
import type { WeightLayout, WeightSizes } from './weight-layout.js';

/** What a graph knows of a layer's matrix; see `StepMatrix`. */
export interface MatrixValues extends WeightSizes {
  readonly positions: string;
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
