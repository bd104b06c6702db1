import type { Composite } from './composite.js';

/** The z^B rule for a convolution that sees the input, γ for the others, ε for dense layers. */
export const epsilonGammaBox: Composite = {
  name: 'epsilon-gamma-box',
  summary: 'gamma for convolutions, epsilon for dense layers, zbox for the input convolution',
  layers: { conv: { rule: 'gamma', gamma: 0.25 }, dense: { rule: 'epsilon' } },
  first: { conv: { rule: 'zbox' } },
};
