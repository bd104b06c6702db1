/** What makes a training example suspicious: four scores of a fitted layer, each higher the likelier the label is wrong. */
import { fallingOrder } from '../../numeric/order.js';
import { indexOfMax } from '../../numeric/vectors.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Fit } from '../representer/fit/fit.js';
import { openHessian } from '../representer/fit/hessian.js';
import { selfInfluence } from '../representer/influence.js';
import { activated, scoresAt, type FitProblem } from '../representer/fit/objective.js';

/** What a fitted layer says of an example. */
export const LAYER_SCORES = ['representer', 'loss', 'gradient-norm', 'influence'] as const;

/** Name of a score of a fitted layer. */
export type LayerScore = (typeof LAYER_SCORES)[number];

/** Scores of all training examples, and what the fitted layer says of them. */
export interface Suspicion {
  readonly scores: Readonly<Record<LayerScore, Float64Array>>;
  /** How many examples the influence was computed for; the others rank below, by gradient norm. */
  readonly influenced: number;
  /** Probability of each example's own label. */
  readonly ownProbability: Float64Array;
  /** Class that the fitted layer says. */
  readonly predicted: Int32Array;
}

/** Floating-point operations that the influence may take by default: some ten seconds. */
const INFLUENCE_WORK = 2e11;
/** Iterations of conjugate gradients to be expected. */
const EXPECTED_ITERATIONS = 40;

/** For how many examples the influence is computed within a bounded time. */
export function affordableInfluence({ features: { rows, columns }, outputs }: Omit<FitProblem, 'targets'>): number {
  const work = EXPECTED_ITERATIONS * 4 * rows * columns * outputs;
  return Math.min(rows, Math.max(1, Math.floor(INFLUENCE_WORK / work)));
}

/**
 * Scores every training example under a layer that was fitted to the labels.
 * @param labels the labels that it was fitted to
 * @param influenceCount for how many examples the influence is computed: those with the largest gradients
 */
export async function suspicion(
  problem: FitProblem,
  { weights, alpha }: Pick<Fit, 'weights' | 'alpha'>,
  labels: Int32Array,
  influenceCount: number,
  runtime: Runtime,
  onProgress?: (done: number, total: number) => void,
): Promise<Suspicion> {
  const { features, outputs, bias, lambda, activation } = problem;
  const { rows, columns, data } = features;
  const given = activated(await scoresAt(features, weights, outputs, runtime), outputs, activation);
  const own = (values: Float64Array, i: number) => values[i * outputs + (outputs === 1 ? 0 : labels[i]!)]!;
  const ownProbability = Float64Array.from({ length: rows }, (_, i) => {
    const p = own(given, i);
    return outputs === 1 && labels[i] === 0 ? 1 - p : p;
  });
  // α = −(1/2λn) ∂L/∂Φ, so the gradient by the scores comes back from it.
  const residuals = alpha.map((value) => -2 * lambda * rows * value);
  const gradientNorm = Float64Array.from({ length: rows }, (_, i) => {
    let [squares, length] = [0, bias ? 1 : 0];
    for (let j = 0; j < outputs; j++) squares += residuals[i * outputs + j]! ** 2;
    for (let k = i * columns; k < (i + 1) * columns; k++) length += data[k]! ** 2;
    return Math.sqrt(squares * length);
  });
  const influence = await influenceScores(
    problem,
    weights,
    residuals,
    gradientNorm,
    influenceCount,
    runtime,
    onProgress,
  );
  return {
    scores: {
      representer: Float64Array.from({ length: rows }, (_, i) => Math.abs(own(alpha, i))),
      loss: ownProbability.map((p) => -Math.log(Math.max(p, Number.MIN_VALUE))),
      'gradient-norm': gradientNorm,
      influence,
    },
    influenced: Math.min(influenceCount, rows),
    ownProbability,
    predicted: Int32Array.from({ length: rows }, (_, i) => classOf(given, outputs, i)),
  };
}

/** Class that a row of probabilities says. */
export function classOf(outputs: Float64Array, width: number, row: number): number {
  if (width === 1) return outputs[row]! > 0.5 ? 1 : 0;
  return indexOfMax(outputs.subarray(row * width, (row + 1) * width));
}

/**
 * The influence of examples on their own loss. It is at most ‖∇L_i‖²/2λ, so those with small gradients come last in any
 * case: they get negative scores, in the order of their gradients.
 */
async function influenceScores(
  problem: FitProblem,
  weights: Float64Array,
  residuals: Float64Array,
  gradientNorm: Float64Array,
  influenceCount: number,
  runtime: Runtime,
  onProgress: ((done: number, total: number) => void) | undefined,
): Promise<Float64Array> {
  const { features, outputs, bias } = problem;
  const largest = gradientNorm.reduce((a, b) => Math.max(a, b), 0) || 1;
  const scores = gradientNorm.map((norm) => norm / largest - 1 - 1e-9);
  if (influenceCount === 0) return scores;
  const chosen = fallingOrder(gradientNorm).slice(0, influenceCount);
  const hessian = await openHessian(problem, weights, runtime);
  try {
    const source = { features, residuals, outputs, bias };
    const values = await selfInfluence(chosen, source, hessian, (done) => onProgress?.(done, chosen.length));
    chosen.forEach((index, k) => (scores[index] = values[k]!));
    return scores;
  } finally {
    await hessian.release();
  }
}
