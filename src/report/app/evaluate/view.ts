/** How a result of `evaluate` is shown. */
import type { EvaluateResult } from '../../../results/evaluate.js';
import type { KindView } from '../kind-view.js';

/** The views of a result of `evaluate`. */
export const evaluateView: KindView<EvaluateResult> = {
  title: 'evaluate',
  headline: () => '',
  trust: () => undefined,
  decisions: () => [],
  links: () => [],
  unit: () => '',
  tabs: [],
  terms: () => [],
};
