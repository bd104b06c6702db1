import { defineLrpRule } from './rule.js';

/**
 * The vector–Jacobian product. Right where elements are only moved, and for maxima, where the winner takes all; where
 * something is computed it does not conserve relevance.
 */
export const gradient = defineLrpRule({
  name: 'gradient',
  summary: 'as the gradient goes: where elements are moved, and to the winner of a maximum',
  serves: ['move', 'max', 'elementwise', 'average', 'product', 'sum', 'linear', 'other'],
  defaults: {},
  propagate: (context) => ({ inputs: context.gradient(context.dy) }),
});
