/** A line search for the strong Wolfe conditions ([Nocedal & Wright 2006], Alg. 3.5 and 3.6). */
import { along, roundingOf, type ObjectiveValue, type Objective } from './solver.js';
import { dot } from '../vectors.js';

/** A point on the line. */
export interface Trial extends ObjectiveValue {
  readonly step: number;
  readonly point: Float64Array;
  /** Derivative along the line. */
  readonly slope: number;
}

/** What a search found, and what it cost. */
export interface LineSearchResult {
  /** Undefined where no step brings the objective down. */
  readonly found: Trial | undefined;
  readonly evaluations: number;
}

/** Sufficient decrease and curvature, as is usual for quasi-Newton directions. */
const DECREASE = 1e-4;
const CURVATURE = 0.9;
const MAX_EVALUATIONS = 40;
/** A step grows at most by this factor while no minimum is enclosed. */
const GROWTH = 10;

/**
 * Finds a step t with f(t) ≤ f(0) + 1e-4 t f'(0) and |f'(t)| ≤ 0.9 |f'(0)|. Where the first cannot be told from
 * rounding, the slope stands in for it: f'(t) ≤ (2e-4 − 1) f'(0).
 * @param start the evaluation at `point`
 * @param direction one of descent
 */
export async function strongWolfe(
  objective: Objective,
  point: Float64Array,
  start: ObjectiveValue,
  direction: Float64Array,
  firstStep: number,
): Promise<LineSearchResult> {
  const origin: Trial = { ...start, step: 0, point, slope: dot(start.gradient, direction) };
  const rounding = roundingOf(start.value);
  let evaluations = 0;

  const at = async (step: number): Promise<Trial> => {
    evaluations++;
    const place = along(point, step, direction);
    const evaluation = await objective(place);
    return { ...evaluation, step, point: place, slope: dot(evaluation.gradient, direction) };
  };
  const decreases = ({ step, value, slope }: Trial): boolean => {
    const required = DECREASE * step * origin.slope;
    if (value <= origin.value + required) return true;
    return -required <= rounding && value <= origin.value + rounding && slope <= (2 * DECREASE - 1) * origin.slope;
  };
  const isFlat = ({ slope }: Trial): boolean => Math.abs(slope) <= -CURVATURE * origin.slope;
  const isHigher = (trial: Trial, than: Trial): boolean => !(trial.value <= than.value + rounding);

  /** Narrows an interval that holds a good step; `low` has the smaller value of its ends. */
  const zoom = async (low: Trial, high: Trial): Promise<Trial | undefined> => {
    while (evaluations < MAX_EVALUATIONS) {
      const trial = await at(between(low, high));
      if (!decreases(trial) || isHigher(trial, low)) high = trial;
      else if (isFlat(trial)) return trial;
      else {
        if (trial.slope * (high.step - low.step) >= 0) high = low;
        low = trial;
      }
      if (Math.abs(high.step - low.step) <= Number.EPSILON * Math.abs(low.step)) break;
    }
    return low.step > 0 ? low : undefined;
  };

  const search = async (): Promise<Trial | undefined> => {
    let previous = origin;
    let step = firstStep;
    while (evaluations < MAX_EVALUATIONS) {
      const trial = await at(step);
      if (!decreases(trial) || (previous !== origin && isHigher(trial, previous))) return zoom(previous, trial);
      if (isFlat(trial)) return trial;
      if (trial.slope >= 0) return zoom(trial, previous);
      step = beyond(previous, trial);
      previous = trial;
    }
    return previous === origin ? undefined : previous;
  };
  return { found: await search(), evaluations };
}

/** Where the cubic through values and slopes of two points has its minimum, kept away from both. */
function between(a: Trial, b: Trial): number {
  const width = b.step - a.step;
  const d1 = a.slope + b.slope - (3 * (b.value - a.value)) / width;
  const square = d1 * d1 - a.slope * b.slope;
  const d2 = Math.sign(width) * Math.sqrt(Math.max(0, square));
  const share = 1 - (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  // Values may be rounded, or infinite: then the middle.
  return a.step + width * (share >= 0.1 && share <= 0.9 ? share : share < 0.1 ? 0.1 : share > 0.9 ? 0.9 : 0.5);
}

/** Where the slope would be zero if it went on as between two points; no further than the growth allows. */
function beyond(previous: Trial, trial: Trial): number {
  const secant = trial.step - (trial.slope * (trial.step - previous.step)) / (trial.slope - previous.slope);
  const longest = GROWTH * trial.step;
  return secant > 1.5 * trial.step ? Math.min(secant, longest) : secant > trial.step ? 1.5 * trial.step : longest;
}
