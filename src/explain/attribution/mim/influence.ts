/**
 * MIM, the monotone influence measure ([Sliwinski et al. 2019]): φ(x) = Σ_{y ≠ x} α(‖y − x‖₂) (y − x) s(x, y), with
 * s = 1 where y has the label of x and −1 where it has another. A unit with φ_i > 0 is one whose increase leads towards
 * points of the same label.
 */
import type { Kernel } from './kernels/kernel.js';

/** The measure of one point, summed up as the others come. */
export interface InfluenceSum {
  /**
   * Takes points.
   * @param points row-major [same.length, units]
   * @param same whether each has the label of the explained point
   */
  add(points: Float32Array, same: readonly boolean[]): void;
  /** φ of each unit, of the points so far. */
  readonly phi: Float64Array;
  /** Largest distance of a point so far; 0 where all lie in the same place. */
  readonly farthest: number;
}

/**
 * A sum over data points that is added to block by block, so that they need not be held at once.
 * @param x activations of the explained point
 * @param scale length of the kernel
 */
export function influenceSum(x: Float32Array, kernel: Kernel, scale = 1): InfluenceSum {
  const phi = new Float64Array(x.length);
  let farthest = 0;
  return {
    phi,
    get farthest() {
      return farthest;
    },
    add: (points, same) => {
      same.forEach((isSame, row) => {
        const at = row * x.length;
        const distance = distanceAt(x, points, at);
        if (distance === 0) return;
        if (distance > farthest) farthest = distance;
        const weight = isSame ? kernel.weight(distance, scale) : -kernel.weight(distance, scale);
        for (let i = 0; i < x.length; i++) phi[i]! += weight * (points[at + i]! - x[i]!);
      });
    },
  };
}

/** Distances of points from the explained one. @param points row-major [rows, x.length] */
export function distances(x: Float32Array, points: Float32Array): Float64Array {
  return Float64Array.from({ length: points.length / x.length }, (_, row) => distanceAt(x, points, row * x.length));
}

function distanceAt(x: Float32Array, points: Float32Array, at: number): number {
  let squares = 0;
  for (let i = 0; i < x.length; i++) {
    const difference = points[at + i]! - x[i]!;
    squares += difference * difference;
  }
  return Math.sqrt(squares);
}
