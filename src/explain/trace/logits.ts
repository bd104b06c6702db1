/** Takes the class scores apart at the layer that computes them. */
import type { LogitParts } from '../../results/trace.js';
import type { LayerMatrix } from './layer-matrix.js';
import type { Projection } from './projection.js';

/** The last layer's weight and bias before and after training, each as one flat array. */
export interface LastLayerWeights {
  readonly initial: Float32Array;
  readonly trained: Float32Array;
  /** The bias of a layer whose bias is not trained, and so is in neither of them. */
  readonly fixedBias?: Float32Array | undefined;
}

/**
 * The parts of each class's logit, for each query: W⁽⁰⁾ f, the final bias, and Σ Δ f over the weight's updates. A single
 * score is the logit of class 1.
 */
export async function logitParts(
  projection: Projection,
  { units, hasBias, size }: LayerMatrix,
  { initial, trained, fixedBias }: LastLayerWeights,
): Promise<LogitParts[][]> {
  const weightSize = hasBias ? size - units : size;
  const before = await projection.outputs(initial.map((value, i) => (i < weightSize ? value : 0)));
  const steps = await projection.outputs();
  const totals = await projection.outputs(trained);
  return totals.map((scores, query) =>
    Array.from(scores, (score, unit): LogitParts => {
      const fixed = fixedBias?.[unit] ?? 0;
      const bias = hasBias ? trained[weightSize + unit]! : fixed;
      // The steps moved the bias too; that part is in the bias already.
      const biasSteps = hasBias ? bias - initial[weightSize + unit]! : 0;
      return {
        class: scores.length === 1 ? 1 : unit,
        logit: score + fixed,
        initial: before[query]![unit]!,
        bias,
        training: steps[query]![unit]! - biasSteps,
      };
    }),
  );
}
