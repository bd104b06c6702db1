/** The terms of representer points. */
import type { Term } from '../kind-view.js';

/** What the words of a representer result mean. */
export const TERMS: readonly Term[] = [
  [
    'value',
    'What a training point adds to a score: α_ij ⟨f_i, f_t⟩, its weight for the class times how similar its features are ' +
      'to those of the input. The values of all training points sum to the score.',
  ],
  ['excitatory', 'A training point with a positive value: being similar to it raises the score.'],
  ['inhibitory', 'A training point with a negative value: being similar to it lowers the score.'],
  [
    'α',
    'How far the output for a training point is from its target, −∂L/∂Φ divided by 2λn. It is large for points that the ' +
      'model has to strain for.',
  ],
  [
    'similarity',
    '⟨f_i, f_t⟩: the product of the features that the explained layer sees, with an appended 1 for its bias.',
  ],
  [
    'Pearson',
    'Correlation between the outputs of the model and those that are reconstructed from training points, over all ' +
      'examples and classes.',
  ],
  ['‖∇‖∞', 'Largest element of the gradient where the fit ended; the values sum to the score only where it is zero.'],
  ['λ', 'Weight of the penalty λ‖Θ‖². The smaller it is, the closer the fit to the model, and the harder to compute.'],
];
