/** What the solvers of smooth problems without constraints have in common. */
import { maxNorm } from '../vectors.js';

/** A function's value and gradient at a point. */
export interface ObjectiveValue {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** A smooth function of a vector, computed wherever: in ONNX Runtime, say. The point is not kept and not changed. */
export type Objective = (point: Float64Array) => Promise<ObjectiveValue>;

/**
 * How a solver ended. `converged`: the gradient is as good as zero. `iteration-limit`: it is not, and there was no more
 * time. `stalled`: it is not, and no step brings the objective down by what float64 can tell.
 */
export type SolverStatus = 'converged' | 'iteration-limit' | 'stalled';

/** Where a solver ended. */
export interface Minimum extends ObjectiveValue {
  readonly point: Float64Array;
  /** ‖∇‖∞ */
  readonly gradientMaxNorm: number;
  readonly iterations: number;
  /** How often the objective was computed. */
  readonly evaluations: number;
  readonly status: SolverStatus;
}

/** Multiplies by an approximate inverse Hessian, a symmetric positive definite map. The vector is not kept. */
export type Multiply = (vector: Float64Array) => Promise<Float64Array>;

/** When a solver ends, and what helps it. */
export interface SolverOptions {
  /** Whether a gradient is as good as zero. */
  readonly isStationary: (gradient: Float64Array) => boolean;
  readonly maxIterations: number;
  /** Makes an approximate inverse Hessian at a point; undefined where there is none. Not every solver asks for it. */
  readonly precondition?: ((point: Float64Array) => Promise<Multiply | undefined>) | undefined;
  /** Called after each iteration. */
  readonly onIteration?: ((iteration: number, value: number, gradientMaxNorm: number) => void) | undefined;
}

/** Minimises a function from a starting point. */
export type Solver = (objective: Objective, start: Float64Array, options: SolverOptions) => Promise<Minimum>;

/** point + step · direction */
export function along(point: Float64Array, step: number, direction: Float64Array): Float64Array {
  return point.map((value, i) => value + step * direction[i]!);
}

/** Iterations without any progress after which a solver gives up. */
const PATIENCE = 40;

/** Tells when a solver makes no progress any more: neither the value nor the gradient gets smaller. */
export function progressWatch(): (evaluation: ObjectiveValue) => boolean {
  let [lowest, smallest, idle] = [Infinity, Infinity, 0];
  return ({ value, gradient }) => {
    const norm = maxNorm(gradient);
    const better = value < lowest - roundingOf(lowest) || norm < 0.99 * smallest || lowest === Infinity;
    idle = better ? 0 : idle + 1;
    lowest = Math.min(lowest, value);
    smallest = Math.min(smallest, norm);
    return idle < PATIENCE;
  };
}

/**
 * Differences of the objective up to this much may be rounding: it is a sum over many examples. Line searches then go
 * by slopes, which stay exact much nearer to the minimum ([Hager & Zhang 2005], Sec. 4).
 */
export function roundingOf(value: number): number {
  return 1e-13 * Math.abs(value);
}
