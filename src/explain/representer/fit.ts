/** Fits Θ to a stationary point, and derives the weight α of every training point (Yeh et al., Theorem 3.1). */
import { InputError } from '../../errors.js';
import { SOLVERS, type SolverName } from '../../optimize/registry.js';
import { dot, maxNorm, type Multiply, type SolverStatus } from '../../optimize/solver.js';
import type { Runtime } from '../../runtime/runtime.js';
import { toFlat, toRows } from './layout.js';
import { openObjective, type FitProblem, type FlatWeights } from './objective.js';
import { openPreconditioner, type Preconditioner } from './preconditioner.js';

/** How the fit is computed. */
export interface SolveOptions {
  readonly solver: SolverName;
  /** Stop at ‖∇‖∞ ≤ tolerance, and where the values sum to the scores within a hundred times that. */
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

/** What else a fit may be given. */
export interface FitAids {
  readonly onIteration?: ((iteration: number, gradientMaxNorm: number) => void) | undefined;
  /** Made for a problem that differs little; otherwise the fit makes its own ones. */
  readonly preconditioner?: Preconditioner | undefined;
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
  { onIteration, preconditioner }: FitAids = {},
): Promise<Fit> {
  checkSettings(problem.lambda, options);
  const began = performance.now();
  const objective = await openObjective(problem, runtime);
  const aid = preconditioning(problem, preconditioner, runtime);
  try {
    const minimum = await SOLVERS[options.solver](objective.evaluate, start, {
      isStationary: stationarity(problem, options.tolerance),
      maxIterations: options.maxIterations,
      precondition: aid.at,
      onIteration: (iteration, _, gradientMaxNorm) => onIteration?.(iteration, gradientMaxNorm),
    });
    const residuals = await objective.residuals(minimum.point);
    const scale = -1 / (2 * problem.lambda * problem.features.rows);
    return {
      weights: minimum.point,
      alpha: residuals.map((residual) => scale * residual),
      status: minimum.gradientMaxNorm <= options.tolerance ? 'converged' : minimum.status,
      iterations: minimum.iterations,
      evaluations: minimum.evaluations,
      gradientMaxNorm: minimum.gradientMaxNorm,
      objective: minimum.value,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await aid.release();
    await objective.release();
  }
}

/** Preconditioners for vectors as the solver lays them out: always the given one, or one made at each point. */
function preconditioning(problem: FitProblem, given: Preconditioner | undefined, runtime: Runtime) {
  const { outputs, bias } = problem;
  let made: Preconditioner | undefined;
  return {
    at: async (weights: FlatWeights): Promise<Multiply | undefined> => {
      await made?.release();
      made = given ? undefined : await openPreconditioner(problem, weights, runtime);
      const used = given ?? made;
      return used && (async (flat) => toFlat(await used.multiply(toRows(flat, outputs, bias)), outputs, bias));
    },
    release: async () => made?.release(),
  };
}

/**
 * Whether a gradient is as good as zero: ‖∇‖∞ is within the tolerance, and so are the sums of representer values. Such a sum
 * misses the score by ⟨∇_j, f⟩ / 2λ, which a small λ and long features can make a large number: it is bounded by a hundred
 * times the tolerance for every training point. The predicate counts how often it is asked: use it for one solver.
 */
function stationarity({ features, outputs, bias, lambda }: FitProblem, tolerance: number) {
  const { rows, columns, data } = features;
  let longest = 0;
  for (let i = 0; i < rows; i++) {
    let square = bias ? 1 : 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) square += data[k]! * data[k]!;
    longest = Math.max(longest, square);
  }
  const limit = (200 * lambda * tolerance) / Math.sqrt(longest || 1);
  let asked = 0;
  let reached: number | undefined;
  return (gradient: Float64Array): boolean => {
    asked++;
    if (!(maxNorm(gradient) <= tolerance)) return false;
    reached ??= asked;
    // With a tiny λ the second part may be out of reach; half as long again is spent on it.
    if (asked > 20 + 1.5 * reached) return true;
    for (let j = 0; j < outputs; j++) {
      const row = gradient.subarray(j * columns, (j + 1) * columns);
      if (Math.hypot(Math.sqrt(dot(row, row)), bias ? gradient[outputs * columns + j]! : 0) > limit) return false;
    }
    return true;
  };
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
