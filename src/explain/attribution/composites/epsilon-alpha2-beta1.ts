import type { Composite } from './composite.js';

/** α2β1 for convolutions, ε for dense layers. */
export const epsilonAlpha2Beta1: Composite = {
  name: 'epsilon-alpha2-beta1',
  summary: 'alpha-beta with alpha 2 and beta 1 for convolutions, epsilon for dense layers',
  layers: { conv: { rule: 'alpha-beta', alpha: 2, beta: 1 }, dense: { rule: 'epsilon' } },
};
