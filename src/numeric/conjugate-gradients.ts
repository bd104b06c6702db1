/** Conjugate gradients for several right-hand sides at once ([Nocedal & Wright 2006], Alg. 5.3). */
import type { Multiply } from './solvers/solver.js';

/** Multiplies a symmetric positive definite matrix with vectors, [count, size]. */
export type LinearOperator = (vectors: Float64Array, count: number) => Promise<Float64Array>;

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
  /** An approximate inverse of A, symmetric positive definite, of vectors [count, size]; none unless given. */
  readonly precondition?: Multiply | undefined;
}

/**
 * Solves A x = b for each b; those that are done wait for the others.
 * @param rightSides [count, size]
 */
export async function conjugateGradients(
  map: LinearOperator,
  rightSides: Float64Array,
  count: number,
  { tolerance, maxIterations, precondition = (vectors) => Promise.resolve(vectors) }: LinearOptions,
): Promise<LinearSolution> {
  const size = rightSides.length / count;
  const solutions = new Float64Array(rightSides.length);
  const residuals = rightSides.slice();
  const squares = Float64Array.from({ length: count }, (_, v) => product(residuals, residuals, v, size));
  const goals = squares.map((square) => square * tolerance ** 2);
  const done = (v: number) => squares[v]! <= goals[v]!;
  const directions = (await precondition(residuals)).slice();
  const slopes = squares.map((_, v) => product(residuals, directions, v, size));
  let iterations = 0;
  while (iterations < maxIterations && squares.some((_, v) => !done(v))) {
    const mapped = await map(directions, count);
    for (let v = 0; v < count; v++) {
      if (done(v)) continue;
      const curvature = product(directions, mapped, v, size);
      const step = curvature > 0 ? slopes[v]! / curvature : 0;
      for (let i = v * size; i < (v + 1) * size; i++) {
        solutions[i]! += step * directions[i]!;
        residuals[i]! -= step * mapped[i]!;
      }
      squares[v] = product(residuals, residuals, v, size);
    }
    const preconditioned = await precondition(residuals);
    for (let v = 0; v < count; v++) {
      const slope = product(residuals, preconditioned, v, size);
      const share = slope / slopes[v]!;
      slopes[v] = slope;
      for (let i = v * size; i < (v + 1) * size; i++) directions[i] = preconditioned[i]! + share * directions[i]!;
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
