import type { Composite } from './composite.js';

/**
 * The composite of [Terzieva et al. n.d.]: z^B for the input convolution, γ for the
 * others, LRP-0 for dense layers, and maxima as if they were averages.
 */
export const trends: Composite = {
  name: 'trends',
  summary: 'epsilon-gamma-box with LRP-0 for dense layers and maxima as averages, as in the trends study',
  layers: { conv: { rule: 'gamma', gamma: 0.25 }, dense: { rule: 'epsilon', epsilon: 1e-9 } },
  first: { conv: { rule: 'zbox' } },
  max: { rule: 'average' },
};
