/** What the words of attribution pages mean. */
import type { Term } from '../kind-view.js';

/** The glossary. */
export const TERMS: readonly Term[] = [
  [
    'map',
    'One value for each element of the input; the channels of a pixel are added up. Full colour begins at the ends of the scale, which all but the strongest 0.5 % of the pixels are within.',
  ],
  ['score', 'The model’s output for the class before a softmax or sigmoid; what is explained.'],
  [
    'one scale',
    'Maps whose values are parts of the score share a scale, so that as warm means as much. Values of other methods are in units of their own, and so have scales of their own.',
  ],
  [
    'conservation error',
    'How far the sum of a map is from what it should be, relative to it: the score for LRP and input × gradient, the difference of the scores of input and baseline for integrated gradients. Other methods promise no sum.',
  ],
  [
    'ledger',
    'What relevance arrived at each node and what it handed on. The difference is absorbed: by the bias, or by the stabiliser that keeps denominators from zero. The score minus all that was absorbed is the sum of the map.',
  ],
  [
    'φ',
    'The influence of a unit by the monotone influence measure (MIM): positive where an increase leads towards examples with the label of the class, negative where it leads away.',
  ],
];
