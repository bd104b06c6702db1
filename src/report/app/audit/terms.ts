/** What the words of an audit mean. */
import type { Term } from '../kind-view.js';

/** The terms of a page. */
export const TERMS: readonly Term[] = [
  [
    'suggested label',
    'The class with the highest out-of-fold probability: of last layers that were fitted without the example, to the labels of ' +
      'the others. How probable it is follows from what other examples say, and from how often a label is a slip.',
  ],
  [
    'label is wrong with',
    'How probable it is that the label is wrong. Labels are taken for a mixture of what other examples say and of slips, any other ' +
      'class; the share of slips is where all labels together are likeliest. A label is suggested, and taken by key 2, from 50 % on. ' +
      'Uncalibrated: too few examples are clear to tell slips from what is hard, so that a number would not be a probability.',
  ],
  ['who speaks against it', 'Training examples that look most like it to the last layer and carry another label.'],
  [
    'combined',
    'Weighted mean of ranks, 0 to 1: of the area under the margin, of the out-of-fold probability of the label and of its ' +
      'share among the nearest neighbours, over the epochs before the network had memorised its labels, and of the last ' +
      'two by the inputs. Without a run, of the model as it is, with its loss unless the labels are memorised.',
  ],
  [
    'aum',
    'Area under the margin: the score of the label minus the highest other score, mean over the epochs, negated.',
  ],
  ['mean loss', 'The loss of the example, mean over the epochs.'],
  ['forgetting', 'How often what was classified as labelled no longer was at the next epoch.'],
  ['confident', 'One minus the out-of-fold probability of the label.'],
  ['neighbours', 'One minus the share of the nearest neighbours that carry the label.'],
  [
    'representer',
    '|α| of an example for its own label: how far the fitted output is from the label, divided by 2λn. With one fit it ' +
      'sorts as the loss of that fit does.',
  ],
  ['loss', 'Minus the logarithm of the probability that the fitted layer gives the label.'],
  ['gradient norm', 'Length of the gradient that the example adds by the weights of the layer.'],
  [
    'influence',
    'By how much the loss of the example would grow without it, to first order (Koh & Liang), by the exact Hessian of ' +
      'the layer. It is computed for the examples with the largest gradients.',
  ],
  ['ROC-AUC', 'The chance that a flipped example ranks above one that was not; 0.5 is chance. Ties count half.'],
  ['average precision', 'Mean of the share of flips among the examples down to each flip; the noise rate is chance.'],
];
