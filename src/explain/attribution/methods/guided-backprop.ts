import type { Method } from '../method.js';
import { openPerExample } from './input-gradient.js';
import { guidedRules } from './rectifiers.js';

/** Guided backpropagation ([Springenberg et al. 2014]): the gradient, with what is negative cut at each ReLU. */
export const guidedBackprop: Method = {
  name: 'guided-backprop',
  summary: 'the gradient, cut at each ReLU where it is negative',
  open: (context) => openPerExample(context, (_, point) => ({ map: point.gradient }), guidedRules),
};
