/** Influence functions as the rival of representer points, for the same inputs and the same layer (Table 1, Fig. 7). */
import { withOrigins } from '../../data/example-origin.js';
import type { RepresenterInfluence } from '../../results/representer.js';
import type { Runtime } from '../../runtime/runtime.js';
import { createTop } from '../../numeric/top.js';
import type { FeaturesAndScores } from './features/body.js';
import { cachedFit, type FitOptions } from './cached-fit.js';
import { rowOf, widened } from './features/features.js';
import { openHessian } from './fit/hessian.js';
import { exampleGradient, influenceOn } from './influence.js';
import { activated, scoresAt } from './fit/objective.js';
import { spearman } from '../../numeric/statistics.js';
import type { LayerData } from './layer-data.js';

/** What influence functions say of one query, beside what representer points say. */
export interface InfluenceRequest {
  /** The class whose loss is explained, by query. */
  readonly targets: readonly number[];
  /** Representer values of all training points, by query. */
  readonly values: (query: number) => Promise<Float64Array>;
  readonly topK: number;
}

/**
 * Computes influence functions as their authors do: the last layer is trained on the labels (Eq. 3, the same λ), and the
 * loss of each query under its target class is traced back by the exact Hessian and conjugate gradients.
 */
export async function compareInfluence(
  layerData: LayerData,
  { features }: FeaturesAndScores,
  options: FitOptions,
  { targets, values, topK }: InfluenceRequest,
  runtime: Runtime,
): Promise<RepresenterInfluence[]> {
  const { layer, train, examplesFrom } = layerData;
  const { outputs, bias, activation } = layer;
  const { fit, points } = await cachedFit(layerData, { ...options, mode: 'train' }, runtime);
  const wide = widened(points.features);
  const problem = { features: wide, outputs, bias, lambda: options.lambda, activation };
  const { rows, columns } = wide;
  const residuals = fit.alpha.map((value) => -2 * options.lambda * rows * value);
  const given = activated(await scoresAt(features, fit.weights, outputs, runtime), outputs, activation);
  const hessian = await openHessian(problem, fit.weights, runtime);
  const results: RepresenterInfluence[] = [];
  try {
    for (const [q, target] of targets.entries()) {
      const began = performance.now();
      const residual = Float64Array.from({ length: outputs }, (_, j) => {
        const hit = outputs === 1 ? target : j === target ? 1 : 0;
        return given[q * outputs + j]! - hit;
      });
      const gradient = exampleGradient(rowOf(features.data, columns, q), residual, outputs, bias);
      const source = { features: wide, residuals, outputs, bias };
      const found = await influenceOn(gradient, source, hessian, runtime);
      const seconds = (performance.now() - began) / 1000;
      const ours = await values(q);
      const describe = (index: number) => ({ index, label: train.labels[index]!, value: found.values[index]! });
      const [helpful, harmful] = [createTop<number>(topK), createTop<number>(topK)];
      found.values.forEach((value, i) => (value > 0 ? helpful.offer(value, i) : harmful.offer(-value, i)));
      results.push({
        seconds,
        iterations: found.iterations,
        residual: found.residual,
        maxAbsValue: found.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
        zeros: found.values.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0) / rows,
        magnitudes: { influence: magnitudes(found.values), representer: magnitudes(ours) },
        spearman: spearman(found.values, ours),
        helpful: withOrigins(helpful.items.map(describe), examplesFrom),
        harmful: withOrigins(harmful.items.filter((i) => found.values[i]! < 0).map(describe), examplesFrom),
      });
    }
    return results;
  } finally {
    await hessian.release();
  }
}

/** Ranks at which magnitudes are kept. */
const RANKS = 101;

/** |values| relative to the largest, at evenly spaced ranks, largest first. */
function magnitudes(values: Float64Array): number[] {
  const sorted = values.map((value) => -Math.abs(value)).sort();
  const largest = -sorted[0]! || 1;
  return Array.from({ length: RANKS }, (_, i) => {
    const rank = Math.floor((i * (sorted.length - 1)) / (RANKS - 1));
    return Math.abs(sorted[rank]!) / largest;
  });
}
