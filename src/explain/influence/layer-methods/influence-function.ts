import { cachedFit, FIT_DEFAULTS } from '../../representer/cached-fit.js';
import { rowOf, widened } from '../../representer/features/features.js';
import { openHessian } from '../../representer/fit/hessian.js';
import { scoresAt, type FlatWeights } from '../../representer/fit/objective.js';
import { exampleGradient, influenceOn } from '../../representer/influence.js';
import { measureRow } from '../row-measures.js';
import { noEffects } from '../subject.js';
import { chooseDamping } from './damping.js';
import { describedFit, warnOf } from './describe-fit.js';
import type { LayerMethod, LayerQuery, LayerSubject } from './method.js';

/**
 * Influence functions of the last layer ([Koh & Liang 2017]): the layer is fitted to the labels, (1/n) Σ L_i + λ‖Θ‖² being
 * least, and −∇mᵀ H⁻¹ ∇L_i / n is by how much the measure m falls, to first order, where it is fitted with example i weighing
 * 0, the features as they are. H is the exact Hessian; λ is the one of a small grid with the least leave-one-out loss.
 */
export const influenceFunction: LayerMethod = {
  name: 'influence-function',
  says: 'how much lower the measure would be, had the example weighed 0 when the last layer was fitted to the labels: to first order, the features unchanged',
  predicts: true,
  measures: ['margin', 'logit', 'probability', 'loss', 'test-loss'],
  effects: async (subject) => {
    const { layerData, queries, runtime, onProgress, onNotice } = subject;
    const { outputs, bias, activation } = layerData.layer;
    const damping = await chooseDamping(layerData, runtime, onProgress);
    const { lambda } = damping;
    const { fit, points } = await cachedFit(
      layerData,
      { ...FIT_DEFAULTS, mode: 'train', lambda },
      runtime,
      (iteration, norm) => onProgress?.(`fit of the last layer, ‖∇‖∞ ${norm.toExponential(1)}`, iteration, Infinity),
    );
    warnOf(fit, onNotice);
    const features = widened(points.features);
    // α = −(1/2λn) ∂L/∂Φ, so the gradient by the scores comes back from it.
    const residuals = fit.alpha.map((value) => -2 * lambda * features.rows * value);
    const hessian = await openHessian({ features, outputs, bias, lambda, activation }, fit.weights, runtime);
    const effects = noEffects(queries.length, features.rows);
    const fitted: number[] = [];
    try {
      for (const [q, query] of queries.entries()) {
        const { value, gradient } = await measured(subject, query, fit.weights);
        fitted.push(value);
        const found = await influenceOn(gradient, { features, residuals, outputs, bias }, hessian, runtime);
        // There: by how much it grows when the example is left out.
        effects.values.set(
          found.values.map((growth) => -growth),
          q * features.rows,
        );
        onProgress?.('influence-function', q + 1, queries.length);
      }
    } finally {
      await hessian.release();
    }
    const layer = await describedFit(layerData, fit, { targets: 'labels', lambda }, runtime);
    return { effects, fitted, layer: { ...layer, damping: { examples: damping.examples, tried: damping.tried } } };
  },
};

/** The mean of the measure over a query's examples, and its gradient to the layer's weights, in the Hessian's layout. */
async function measured(
  { layerData: { layer }, measure, loss, runtime }: LayerSubject,
  { features, targets }: LayerQuery,
  weights: FlatWeights,
): Promise<{ readonly value: number; readonly gradient: Float64Array }> {
  const { outputs, columns, bias } = layer;
  const scores = await scoresAt(features, weights, outputs, runtime);
  const sum = new Float64Array(weights.length);
  const one = new Float64Array(weights.length);
  let value = 0;
  for (let row = 0; row < features.rows; row++) {
    const found = measureRow(measure, rowOf(scores, outputs, row), { target: targets[row]!, loss });
    value += found.value / features.rows;
    exampleGradient(rowOf(features.data, columns, row), found.gradient, outputs, bias, one);
    for (let k = 0; k < sum.length; k++) sum[k]! += one[k]! / features.rows;
  }
  return { value, gradient: sum };
}
