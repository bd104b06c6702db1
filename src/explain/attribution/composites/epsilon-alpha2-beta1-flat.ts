import type { Composite } from './composite.js';
import { epsilonAlpha2Beta1 } from './epsilon-alpha2-beta1.js';

/** The flat rule for the input layer, α2β1 for convolutions, ε for dense layers. */
export const epsilonAlpha2Beta1Flat: Composite = {
  name: 'epsilon-alpha2-beta1-flat',
  summary: 'epsilon-alpha2-beta1, with flat for the input layer',
  layers: epsilonAlpha2Beta1.layers,
  first: { conv: { rule: 'flat' }, dense: { rule: 'flat' } },
};
