/** Takes the class scores apart at the layer that computes them. */
import type { LogitParts } from '../../results/trace.js';
import type { LayerView } from './layer-weights.js';

/** What the last layer makes of the queries, and what the logged steps did. */
export interface LastLayer {
  readonly views: readonly LayerView[];
  /** Σ Δ f for each query. */
  readonly steps: readonly Float64Array[];
  /** The bias before and after training, where it is trained; */
  readonly biases?: { readonly initial: Float32Array; readonly trained: Float32Array } | undefined;
  /** and where it is not. */
  readonly fixedBias?: Float32Array | undefined;
}

/**
 * The parts of each class's logit, for each query: W⁽⁰⁾ f, the final bias, and Σ Δ f over the weight's updates. A single
 * score is the logit of class 1.
 */
export function logitParts({ views, steps, biases, fixedBias }: LastLayer): LogitParts[][] {
  return views.map(({ trained, initial }, query) =>
    Array.from(trained, (score, unit): LogitParts => {
      const fixed = fixedBias?.[unit] ?? 0;
      const bias = biases ? biases.trained[unit]! : fixed;
      const biasBefore = biases ? biases.initial[unit]! : 0;
      // The steps moved the bias too; that part is in the bias already.
      const biasSteps = biases ? bias - biasBefore : 0;
      return {
        class: trained.length === 1 ? 1 : unit,
        logit: score + fixed,
        initial: initial[unit]! - biasBefore,
        bias,
        training: steps[query]![unit]! - biasSteps,
      };
    }),
  );
}
