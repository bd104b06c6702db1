/** How attributions are made. */
import { AUTO_COMPOSITE } from './composites/registry.js';
import type { RuleSpec } from './rules/rule.js';

/** Settings of all methods; each reads its own. */
export interface AttributionSettings {
  /** Everything random comes from it. */
  readonly seed: number;
  /** Integrated gradients: points of the Gauss–Legendre rule. */
  readonly steps: number;
  /**
   * Integrated gradients: the convergence delta that the quadrature is refined to, as a number and as a share of the
   * difference of the scores; Infinity leaves it at its `steps`.
   */
  readonly tolerance: number;
  /** Integrated gradients: where the path begins; one number for all elements, or one for each. */
  readonly baseline: number | Float32Array;
  /** SmoothGrad: how many noisy copies are averaged. */
  readonly samples: number;
  /** SmoothGrad: standard deviation of the noise, as a share of the input's range (its largest minus its smallest element). */
  readonly noise: number;
  /** Grad-CAM: node whose output is mapped; the activation of the last convolution where it is left out. */
  readonly layer?: string | undefined;
  /** Grad-CAM: cut what opposes the target, as in the paper. */
  readonly relu: boolean;
  /** LRP: a composite, or a rule for every linear layer; `auto` chooses a composite by what sees the input. */
  readonly composite: string;
  /** LRP: rules of single nodes, by node or weight name. */
  readonly rules: Readonly<Record<string, RuleSpec>>;
  /** LRP: leave biases out of every denominator, so that they absorb no relevance. */
  readonly ignoreBias: boolean;
  /** LRP: smallest and largest value of an input element, one number or one per channel, for the z^B rule. */
  readonly bounds: {
    readonly low: readonly number[];
    readonly high: readonly number[];
    /** Whether every input that is explained is known to lie within; false by default. */
    readonly encloses?: boolean | undefined;
  };
  /** LRP: what serves operators that have no rule; without it they are refused. */
  readonly fallback?: 'gradient' | undefined;
}

/** Defaults: those of the papers where they give any. */
export const ATTRIBUTION_DEFAULTS: AttributionSettings = {
  seed: 0,
  steps: 50,
  tolerance: 1e-3,
  baseline: 0,
  samples: 50,
  noise: 0.15,
  relu: true,
  composite: AUTO_COMPOSITE,
  rules: {},
  ignoreBias: false,
  bounds: { low: [0], high: [1] },
};
