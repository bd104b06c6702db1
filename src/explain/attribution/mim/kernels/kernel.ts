/** How much a point counts for its distance from the explained one. */

/** A kernel α ≥ 0: one file in this folder, and a line in `registry.ts`. The measure's paper leaves it open. */
export interface Kernel {
  readonly name: string;
  /** One line for `--help` and the docs. */
  readonly summary: string;
  /** Finds the kernel's length from the distances of all points; kernels without a length have none. */
  readonly scale?: (distances: Float64Array) => number;
  /** @param distance Euclidean, 0 or more @param scale what `scale` found, else 1 */
  readonly weight: (distance: number, scale: number) => number;
}
