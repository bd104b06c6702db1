import type { Method } from '../method.js';
import { openPerExample } from './input-gradient.js';

/** x ⊙ ∂ score / ∂ x ([Shrikumar et al. 2016]). It sums to the score of a network of ReLUs without biases. */
export const inputXGradient: Method = {
  name: 'input-x-gradient',
  summary: 'the gradient times the input',
  open: (context) =>
    openPerExample(context, ({ x }, { gradient, output }) => ({
      map: gradient.map((slope, i) => slope * x[i]!),
      expected: output,
    })),
};
