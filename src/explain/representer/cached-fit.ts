/** The fit of what is explained: its targets by mode, and the cache that keeps it. */
import { InputError } from '../../errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import { float64 } from '../../tensor.js';
import { checkSettings, fitLayer, type Fit, type FitStatus, type SolveOptions } from './fit/fit.js';
import { widened } from './features/features.js';
import { activated, weightCount, type FitProblem } from './fit/objective.js';
import type { PointSet } from './point-set.js';
import type { LayerExamples } from './layer-data.js';

/** What the fit aims at: the model's own outputs (Eq. 4), or the labels (Eq. 3). */
export type FitMode = 'given' | 'train';

/** What the layer is fitted to, how strongly it is held back, and how the fit is solved. */
export interface FitOptions extends SolveOptions {
  readonly mode: FitMode;
  readonly lambda: number;
}

/** Defaults: λ as in the authors' code, solved to a stationary point. */
export const FIT_DEFAULTS: FitOptions = {
  mode: 'given',
  lambda: 0.003,
  solver: 'lbfgs',
  tolerance: 1e-8,
  maxIterations: 5000,
};

/** A fit with the points that it is made of. */
export interface CachedFit {
  readonly fit: Fit;
  readonly points: PointSet;
  /** Whether it came from the cache. */
  readonly reused: boolean;
}

/**
 * Fits what is explained, or takes the fit of an earlier call.
 * @throws InputError for options that do not fit the layer
 */
export async function cachedFit(
  layerData: LayerExamples,
  options: FitOptions,
  runtime: Runtime,
  onIteration?: (iteration: number, gradientMaxNorm: number) => void,
): Promise<CachedFit> {
  const { layer, train, cache } = layerData;
  const { outputs, bias } = layer;
  const { mode, lambda, solver, tolerance, maxIterations } = options;
  checkSettings(lambda, options);
  checkMode(layerData, mode);
  const { features } = train;
  const key = { ...layerData.key, mode, lambda, solver, tolerance, maxIterations };
  const points = (alpha: Float64Array): PointSet => ({ features, alpha, outputs, bias, labels: train.labels });

  const kept = await cache.read('fit', key);
  if (kept) {
    const { weights, alpha } = kept.tensors;
    const expected = [weightCount({ features, outputs, bias }), features.rows * outputs];
    if (
      weights?.type !== 'float64' ||
      alpha?.type !== 'float64' ||
      `${weights.data.length},${alpha.data.length}` !== expected.join()
    ) {
      throw new InputError('the cache holds a fit of another shape; delete it');
    }
    const numbers = kept.facts as Omit<Fit, 'weights' | 'alpha' | 'status'> & { readonly status: FitStatus };
    const fit: Fit = { ...numbers, weights: weights.data as Float64Array, alpha: alpha.data as Float64Array };
    return { fit, points: points(fit.alpha), reused: true };
  }

  const problem: FitProblem = {
    features: widened(features),
    targets: targetsOf(layerData, mode),
    outputs,
    bias,
    lambda,
    activation: layer.activation,
  };
  const start = layer.weights ?? new Float64Array(weightCount(problem));
  const fit = await fitLayer(problem, start, options, runtime, { onIteration });
  const { weights, alpha, ...facts } = fit;
  const tensors = { weights: float64(weights), alpha: float64(alpha, [features.rows, outputs]) };
  await cache.write('fit', key, { tensors, facts });
  return { fit, points: points(alpha), reused: false };
}

/** What a fit that did not converge means; undefined for one that did. */
export function statusText(fit: Fit, { lambda, tolerance, maxIterations }: FitOptions): string | undefined {
  const norm = fit.gradientMaxNorm.toExponential(2);
  switch (fit.status) {
    case 'converged':
      return undefined;
    case 'inexact':
      return (
        `the values of the training points miss the scores by up to ${fit.sumError.toExponential(2)}, although ‖∇‖∞ is only ` +
        `${norm}: λ = ${lambda} is very small for these features; raise \`lambda\` (or lower \`tolerance\`)`
      );
    case 'stalled':
      return `the fit did not converge: ‖∇‖∞ is ${norm}, not ${tolerance} (no step improves the objective any more in float64); ${ADVICE}`;
    case 'iteration-limit':
      return `the fit did not converge: ‖∇‖∞ is ${norm}, not ${tolerance} (the limit of ${maxIterations} iterations was reached; raise \`maxIterations\`); ${ADVICE}`;
  }
}

const ADVICE = 'the values do not quite sum to the scores. A larger `lambda` converges sooner';

function checkMode({ layer }: LayerExamples, mode: FitMode): void {
  if (mode === 'given' && !layer.weights) {
    throw new InputError(
      '`mode` given needs the weights of the last layer: give `model`, add arrays weight and bias to the feature file, or use `mode` train',
    );
  }
  if (mode === 'train' && !layer.isLast) {
    throw new InputError(
      `\`mode\` train: labels say nothing about the hidden layer "${layer.name}"; use \`mode\` given`,
    );
  }
}

/** What σ(Θ f_i) should be, [rows, outputs]. */
export function targetsOf({ layer: { outputs, activation }, train }: LayerExamples, mode: FitMode): Float64Array {
  return mode === 'given' ? activated(train.scores, outputs, activation) : labelTargets(train.labels, outputs);
}

/** One-hot rows; with a single output the label itself. */
export function labelTargets(labels: Int32Array, outputs: number): Float64Array {
  if (outputs === 1) return Float64Array.from(labels);
  const targets = new Float64Array(labels.length * outputs);
  labels.forEach((label, i) => (targets[i * outputs + label] = 1));
  return targets;
}
