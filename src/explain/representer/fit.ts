/** Fits Θ to a stationary point, and derives the weight α of every training point (Yeh et al., Theorem 3.1). */
import { InputError } from '../../errors.js';
import { SOLVERS, type SolverName } from '../../optimize/registry.js';
import type { SolverStatus } from '../../optimize/solver.js';
import type { Runtime } from '../../runtime/runtime.js';
import { openObjective, type FitProblem, type FlatWeights } from './objective.js';

/** How the fit is computed. */
export interface SolveOptions {
  readonly solver: SolverName;
  /** Stop at ‖∇‖∞ ≤ tolerance. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** A fitted layer. */
export interface Fit {
  /** Θ* */
  readonly weights: FlatWeights;
  /** α_i = −(1/2λn) ∂L_i/∂Φ_i, [rows, outputs]. */
  readonly alpha: Float64Array;
  readonly status: SolverStatus;
  readonly iterations: number;
  readonly evaluations: number;
  /** ‖∇‖∞ at Θ*. */
  readonly gradientMaxNorm: number;
  /** Value of the objective at Θ*. */
  readonly objective: number;
  readonly seconds: number;
}

/**
 * Fits the layer.
 * @param start where to begin: the given model's weights, as in the paper, or zeros
 * @throws InputError for λ ≤ 0, and for a tolerance or a number of iterations that makes no sense
 */
export async function fitLayer(
  problem: FitProblem,
  start: FlatWeights,
  options: SolveOptions,
  runtime: Runtime,
  onIteration?: (iteration: number, gradientMaxNorm: number) => void,
): Promise<Fit> {
  checkSettings(problem.lambda, options);
  const began = performance.now();
  const objective = await openObjective(problem, runtime);
  try {
    const minimum = await SOLVERS[options.solver](objective.evaluate, start, {
      ...options,
      onIteration: (iteration, _, gradientMaxNorm) => onIteration?.(iteration, gradientMaxNorm),
    });
    const residuals = await objective.residuals(minimum.point);
    const scale = -1 / (2 * problem.lambda * problem.features.rows);
    return {
      weights: minimum.point,
      alpha: residuals.map((residual) => scale * residual),
      status: minimum.status,
      iterations: minimum.iterations,
      evaluations: minimum.evaluations,
      gradientMaxNorm: minimum.gradientMaxNorm,
      objective: minimum.value,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await objective.release();
  }
}

/** @throws InputError for settings that no fit can be made with */
export function checkSettings(lambda: number, { tolerance, maxIterations }: SolveOptions): void {
  if (!(lambda > 0 && lambda < Infinity)) {
    throw new InputError(
      `--lambda ${lambda}: expected a number above 0; without the penalty there are no representer points`,
    );
  }
  if (!(tolerance > 0)) throw new InputError(`--tolerance ${tolerance}: expected a number above 0, such as 1e-8`);
  if (!Number.isSafeInteger(maxIterations) || maxIterations < 1) {
    throw new InputError(`--max-iterations ${maxIterations}: expected a whole number from 1`);
  }
}
