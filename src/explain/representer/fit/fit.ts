/** Fits Θ to a stationary point, and derives the weight α of every training point ([Yeh et al. 2018], Theorem 3.1). */
import { InputError } from '../../../errors.js';
import { SOLVERS, type SolverName } from '../../../numeric/solvers/registry.js';
import { type Minimum, type Multiply, type SolverStatus } from '../../../numeric/solvers/solver.js';
import { dot, maxNorm } from '../../../numeric/vectors.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { toFlat, toRows } from '../layout.js';
import { openObjective, scoresAt, type FitProblem, type FlatWeights } from './objective.js';
import { openPreconditioner, type Preconditioner } from './preconditioner.js';

/** Values sum to the scores within so many tolerances: 1e-6 by default. */
const SUM_TOLERANCE = 100;

/** Beyond this, 1/2λn and what it is multiplied with leave float64's range. */
const SMALLEST_LAMBDA = 1e-100;

/** How the fit is computed. */
export interface SolveOptions {
  readonly solver: SolverName;
  /** Stop at ‖∇‖∞ ≤ tolerance, and where the values sum to the scores within a hundred times that. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/**
 * How a fit ended. `converged`: ‖∇‖∞ ≤ tolerance, and the values sum to the scores within a hundred times that.
 * `inexact`: only the first, because λ is too small for the second. The others: not even the first.
 */
export type FitStatus = SolverStatus | 'inexact';

/** A fitted layer. */
export interface Fit {
  /** Θ* */
  readonly weights: FlatWeights;
  /** α_i = −(1/2λn) ∂L_i/∂Φ_i, [rows, outputs]. */
  readonly alpha: Float64Array;
  readonly status: FitStatus;
  readonly iterations: number;
  readonly evaluations: number;
  /** ‖∇‖∞ at Θ*. */
  readonly gradientMaxNorm: number;
  /** By how much Σ_i α_ij ⟨f_i, f⟩ misses the score Θ*_j f, at most, over all training points f and scores j. */
  readonly sumError: number;
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
 * Minimises loss + λ‖Θ‖² over the weights of the layer, to a stationary point, and derives α from what is left there.
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
    const sumError = await largestSumError(problem, minimum.gradient, runtime);
    return {
      weights: minimum.point,
      alpha: residuals.map((residual) => scale * residual),
      status: statusOf(minimum, sumError, options.tolerance),
      iterations: minimum.iterations,
      evaluations: minimum.evaluations,
      gradientMaxNorm: minimum.gradientMaxNorm,
      sumError,
      objective: minimum.value,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await aid.release();
    await objective.release();
  }
}

function statusOf(minimum: Minimum, sumError: number, tolerance: number): FitStatus {
  if (!(minimum.gradientMaxNorm <= tolerance)) return minimum.status;
  return sumError <= SUM_TOLERANCE * tolerance ? 'converged' : 'inexact';
}

/**
 * max |⟨∇_j, f⟩| / 2λ: since α comes from the loss alone, its sum misses the score by what the gradient is not zero.
 */
async function largestSumError(
  { features, outputs, lambda }: FitProblem,
  gradient: FlatWeights,
  runtime: Runtime,
): Promise<number> {
  return maxNorm(await scoresAt(features, gradient, outputs, runtime)) / (2 * lambda);
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
 * Whether a gradient is as good as zero: ‖∇‖∞ is within the tolerance, and so are the sums of representer values. Such
 * a sum misses the score by ⟨∇_j, f⟩ / 2λ, which a small λ and long features can make a large number: it is bounded by
 * a hundred times the tolerance for every training point. The predicate counts how often it is asked: use it for one
 * solver.
 */
function stationarity({ features, outputs, bias, lambda }: FitProblem, tolerance: number) {
  const { rows, columns, data } = features;
  let longest = 0;
  for (let i = 0; i < rows; i++) {
    let square = bias ? 1 : 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) square += data[k]! * data[k]!;
    longest = Math.max(longest, square);
  }
  const limit = (SUM_TOLERANCE * tolerance * 2 * lambda) / Math.sqrt(longest || 1);
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
      `\`lambda\` ${lambda}: expected a number above 0; without the penalty there are no representer points`,
    );
  }
  if (lambda < SMALLEST_LAMBDA || lambda > 1 / SMALLEST_LAMBDA) {
    throw new InputError(`\`lambda\` ${lambda}: expected a number from 1e-100 to 1e100; useful ones are 1e-6 to 1`);
  }
  if (!(tolerance > 0)) throw new InputError(`\`tolerance\` ${tolerance}: expected a number above 0, such as 1e-8`);
  if (!Number.isSafeInteger(maxIterations) || maxIterations < 1) {
    throw new InputError(`\`maxIterations\` ${maxIterations}: expected a whole number from 1`);
  }
}
