import type { Composite } from './composite.js';
import { epsilonPlus } from './epsilon-plus.js';

/** The flat rule for the input layer, z⁺ for convolutions, ε for dense layers. */
export const epsilonPlusFlat: Composite = {
  name: 'epsilon-plus-flat',
  summary: 'epsilon-plus, with flat for the input layer',
  layers: epsilonPlus.layers,
  first: { conv: { rule: 'flat' }, dense: { rule: 'flat' } },
};
