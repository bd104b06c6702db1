/** Conjugate gradients for several right-hand sides at once (Nocedal & Wright, Numerical Optimization, Alg. 5.2). */

/** Multiplies a symmetric positive definite matrix with vectors, [count, size]. */
export type LinearMap = (vectors: Float64Array, count: number) => Promise<Float64Array>;

/** Solutions of A x = b. */
export interface LinearSolution {
  /** [count, size] */
  readonly solutions: Float64Array;
  readonly iterations: number;
  /** Largest ‖A x − b‖ / ‖b‖ of all right-hand sides. */
  readonly residual: number;
}

/** When conjugate gradients end. */
export interface LinearOptions {
  /** ‖A x − b‖ ≤ tolerance · ‖b‖ for every right-hand side. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/**
 * Solves A x = b for each b; those that are done wait for the others.
 * @param rightSides [count, size]
 */
export async function conjugateGradients(
  map: LinearMap,
  rightSides: Float64Array,
  count: number,
  { tolerance, maxIterations }: LinearOptions,
): Promise<LinearSolution> {
  const size = rightSides.length / count;
  const solutions = new Float64Array(rightSides.length);
  const residuals = rightSides.slice();
  const directions = rightSides.slice();
  const squares = Float64Array.from({ length: count }, (_, v) => product(residuals, residuals, v, size));
  const goals = squares.map((square) => square * tolerance ** 2);
  const done = (v: number) => squares[v]! <= goals[v]!;
  let iterations = 0;
  while (iterations < maxIterations && squares.some((_, v) => !done(v))) {
    const mapped = await map(directions, count);
    for (let v = 0; v < count; v++) {
      if (done(v)) continue;
      const curvature = product(directions, mapped, v, size);
      const step = curvature > 0 ? squares[v]! / curvature : 0;
      const [from, to] = [v * size, (v + 1) * size];
      for (let i = from; i < to; i++) {
        solutions[i]! += step * directions[i]!;
        residuals[i]! -= step * mapped[i]!;
      }
      const square = product(residuals, residuals, v, size);
      const share = square / squares[v]!;
      for (let i = from; i < to; i++) directions[i] = residuals[i]! + share * directions[i]!;
      squares[v] = square;
    }
    iterations++;
  }
  const residual = squares.reduce(
    (worst, square, v) => (goals[v]! > 0 ? Math.max(worst, tolerance * Math.sqrt(square / goals[v]!)) : worst),
    0,
  );
  return { solutions, iterations, residual };
}

function product(a: Float64Array, b: Float64Array, vector: number, size: number): number {
  let sum = 0;
  for (let i = vector * size; i < (vector + 1) * size; i++) sum += a[i]! * b[i]!;
  return sum;
}
