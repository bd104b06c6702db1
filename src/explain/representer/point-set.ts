/** Training points with the weights that spell the last layer. */
import type { FeatureMatrix } from './features/features.js';

/** Training points with their weights. */
export interface PointSet {
  readonly features: FeatureMatrix;
  /** [rows, outputs] */
  readonly alpha: Float64Array;
  readonly outputs: number;
  readonly bias: boolean;
  /** Class of each point. */
  readonly labels: Int32Array;
}
