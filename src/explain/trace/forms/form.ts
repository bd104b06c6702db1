/** Deltas of several steps as inputs of a graph, in whatever form the log holds them: what strategies compute with. */
import type { GraphBuilder } from '../../../graph/builder.js';
import type { Tensor } from '../../../tensor.js';
import type { MatrixValues } from '../matrix-values.js';

/** Deltas of T steps in a graph. */
export interface Deltas {
  /** As a dense log would hold them: [T, elements of the weight] and, where there is a bias, [T, elements of the bias]. */
  dense(): readonly string[];
  /**
   * What they make of columns: Δ F.
   * @param columns [groups, inputs, N]
   * @returns [groups, T · units, N]
   */
  apply(columns: string): string;
  /** Where they are outer products, these. */
  readonly factors?: DeltaFactors;
}

/** Deltas of the weight as Σ_j scale_j · left_j right_jᵀ. */
export interface DeltaFactors {
  /** [T, k, units]; one of both sides has the scales in it. */
  readonly units: string;
  /** [T, k, inputs] */
  readonly inputs: string;
  /** [T, units]; undefined without a bias. */
  readonly bias: string | undefined;
}

/** One way in which deltas come. */
export interface DeltaForm {
  /** Deltas with the same key are inputs of the same graph. */
  readonly key: string;
  /** Declares the deltas as inputs of a graph. @param name what the names of its inputs begin with */
  declare(g: GraphBuilder, matrix: MatrixValues, name: string): Deltas;
  /** The feeds of what was declared. */
  feeds(name: string): Record<string, Tensor>;
}
