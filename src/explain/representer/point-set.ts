/** Training points with the weights that spell the last layer. */
import type { FeatureMatrix } from './features/features.js';

/** Training points with their weights. */
export interface PointSet {
  /** As they are stored: in float32, lists are found much faster (see `Points`). */
  readonly features: FeatureMatrix;
  /** [rows, outputs] */
  readonly alpha: Float64Array;
  readonly outputs: number;
  readonly bias: boolean;
  /** Class of each point. */
  readonly labels: Int32Array;
}

/** α_ij; a single score is that of class 1, and counts against class 0. */
export function weightOf(
  { alpha, outputs }: Pick<PointSet, 'alpha' | 'outputs'>,
  index: number,
  target: number,
): number {
  if (outputs === 1) return target === 0 ? -alpha[index]! : alpha[index]!;
  return alpha[index * outputs + target]!;
}
