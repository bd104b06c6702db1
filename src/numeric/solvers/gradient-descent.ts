/** Gradient descent with a backtracking line search, as the authors of representer points solve their problem. */
import {
  along,
  progressWatch,
  roundingOf,
  type ObjectiveValue,
  type Minimum,
  type Objective,
  type SolverOptions,
} from './solver.js';
import { dot, maxNorm } from '../vectors.js';

/** Each iteration tries this step first, and halves it. */
const FIRST_STEP = 10;
const SHRINK = 0.5;
const SMALLEST_STEP = 1e-20;

/**
 * Minimises a function by gradient descent: the step t is the first of 10, 5, 2.5, … with f(x − t∇) < f(x) − ½ t ‖∇‖². Where
 * that cannot be told from rounding, the slope stands in for it: on a parabola the two agree where ⟨∇f(x − t∇), ∇⟩ ≥ 0.
 */
export async function gradientDescent(
  objective: Objective,
  start: Float64Array,
  options: SolverOptions,
): Promise<Minimum> {
  const { isStationary, maxIterations, onIteration } = options;
  let point = start;
  let here: ObjectiveValue = await objective(point);
  let evaluations = 1;
  let iterations = 0;
  const progresses = progressWatch();
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
    const squares = dot(here.gradient, here.gradient);
    const rounding = roundingOf(here.value);
    for (let step = FIRST_STEP; ; step *= SHRINK) {
      if (step < SMALLEST_STEP) return end('stalled');
      const place = along(point, -step, here.gradient);
      const trial = await objective(place);
      evaluations++;
      const required = 0.5 * step * squares;
      const unsure = required <= rounding && trial.value <= here.value + rounding;
      if (trial.value < here.value - required || (unsure && dot(trial.gradient, here.gradient) >= 0)) {
        point = place;
        here = trial;
        break;
      }
    }
    iterations++;
    onIteration?.(iterations, here.value, maxNorm(here.gradient));
  }
}
