import type { Composite } from './composite.js';

/** z⁺ for convolutions, ε for dense layers. */
export const epsilonPlus: Composite = {
  name: 'epsilon-plus',
  summary: 'zplus for convolutions, epsilon for dense layers',
  layers: { conv: { rule: 'zplus' }, dense: { rule: 'epsilon' } },
};
