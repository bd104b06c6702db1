/** L-BFGS ([Nocedal & Wright 2006], Alg. 7.4 and 7.5) with a strong-Wolfe line search. */
import {
  progressWatch,
  type ObjectiveValue,
  type Minimum,
  type Multiply,
  type Objective,
  type SolverOptions,
} from './solver.js';
import { dot, maxNorm } from '../vectors.js';
import { strongWolfe } from './strong-wolfe.js';

/** Pairs of steps and changes of the gradient that stand for the Hessian. */
const MEMORY = 20;

/** The preconditioner is made anew after so many iterations, and then each time there were three times as many. */
const FIRST_REFRESH = 30;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** 1 / ⟨step, change⟩ */
  readonly rho: number;
}

/** Minimises a function by L-BFGS. */
export async function lbfgs(objective: Objective, start: Float64Array, options: SolverOptions): Promise<Minimum> {
  const { isStationary, maxIterations, onIteration } = options;
  let point = start;
  let here: ObjectiveValue = await objective(point);
  let evaluations = 1;
  let iterations = 0;
  const progresses = progressWatch();
  let pairs: Pair[] = [];
  let precondition: Multiply = unchanged;
  let refreshAt = 0;
  const end = (status: Minimum['status']): Minimum => ({
    ...here,
    point,
    gradientMaxNorm: maxNorm(here.gradient),
    iterations,
    evaluations,
    status,
  });
  for (;;) {
    if (isStationary(here.gradient)) return end('converged');
    if (iterations >= maxIterations) return end('iteration-limit');
    if (!progresses(here)) return end('stalled');
    if (iterations === refreshAt) {
      precondition = (await options.precondition?.(point)) ?? unchanged;
      refreshAt = Math.max(FIRST_REFRESH, 3 * refreshAt);
    }
    let direction = await newtonDirection(here.gradient, pairs, precondition);
    if (!(dot(direction, here.gradient) < 0)) {
      pairs = [];
      precondition = unchanged;
      direction = await newtonDirection(here.gradient, pairs, precondition);
    }
    // Without any idea of the Hessian the gradient's length says nothing about how far to go.
    const isInformed = pairs.length > 0 || precondition !== unchanged;
    const firstStep = isInformed ? 1 : Math.min(1, 1 / Math.sqrt(dot(here.gradient, here.gradient)));
    const search = await strongWolfe(objective, point, here, direction, firstStep);
    evaluations += search.evaluations;
    if (!search.found) {
      // What is remembered may mislead; the gradient itself is the last resort.
      if (!isInformed) return end('stalled');
      pairs = [];
      precondition = unchanged;
      continue;
    }
    const { found } = search;
    const step = found.point.map((value, i) => value - point[i]!);
    const change = found.gradient.map((value, i) => value - here.gradient[i]!);
    const curvature = dot(step, change);
    if (curvature > Number.EPSILON * dot(change, change)) {
      pairs.push({ step, change, rho: 1 / curvature });
      if (pairs.length > MEMORY) pairs.shift();
    }
    point = found.point;
    here = { value: found.value, gradient: found.gradient };
    iterations++;
    onIteration?.(iterations, here.value, maxNorm(here.gradient));
  }
}

const unchanged: Multiply = (vector) => Promise.resolve(vector);

/** −H ∇ by the two-loop recursion; what H starts from is scaled by the latest pair. */
async function newtonDirection(
  gradient: Float64Array,
  pairs: readonly Pair[],
  precondition: Multiply,
): Promise<Float64Array> {
  const q = gradient.map((value) => -value);
  const weights: number[] = [];
  for (const { step, change, rho } of [...pairs].reverse()) {
    const weight = rho * dot(step, q);
    weights.unshift(weight);
    addTo(q, -weight, change);
  }
  const direction = await precondition(q);
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.change, await precondition(last.change)));
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  pairs.forEach(({ step, change, rho }, i) => addTo(direction, weights[i]! - rho * dot(change, direction), step));
  return direction;
}

function addTo(target: Float64Array, factor: number, vector: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * vector[i]!;
}
