/**
 * A loss that is suitable to an activation σ ([Yeh et al. 2018], Definition 3.1): where it is least, σ(Φ) is the
 * target.
 */
import type { GraphBuilder } from '../../../graph/builder.js';

/** A suitable loss: one file beside this one, one line in `registry.ts`. */
export interface SuitableLoss {
  /** Name of the activation that it belongs to. */
  readonly name: string;
  /**
   * Emits the loss, summed over rows and outputs, in float64 and convex in the scores.
   * @param scores Φ, [rows, outputs]
   * @param target what σ(Φ) should be, [rows, outputs]
   */
  emit(g: GraphBuilder, scores: string, target: string): string;
  /**
   * Emits ∂²L/∂Φ² times a change of the scores.
   * @param output σ(Φ), [rows, 1, outputs]
   * @param change [rows, vectors, outputs]
   */
  curve(g: GraphBuilder, output: string, change: string): string;
  /** ∂²L_j/∂Φ_j² where σ(Φ)_j is `output`. */
  curvature(output: number): number;
  /** Whether adding the same number to all scores of an example changes nothing. */
  readonly ignoresShifts: boolean;
  /** σ of one example's scores, in place. */
  activate(scores: Float64Array): void;
}

/** Sum over all elements, as a scalar. */
export function total(g: GraphBuilder, value: string): string {
  return g.op('ReduceSum', [value], { keepdims: 0 });
}
