/** What the words of trends pages mean. */
import type { Term } from '../kind-view.js';

/** The glossary, without the measures, which the result explains itself. */
export const TERMS: readonly Term[] = [
  [
    'raw and running mean',
    'Thin lines are values as measured; thick ones the mean of as many steps as the legend says, around each step. Near the ends the mean is over fewer. Bands are running means of the quartiles over images.',
  ],
  [
    'ρ',
    'Spearman’s rank correlation of a measure and a loss over the steps, as measured and not smoothed: 1 where both rise and fall together, −1 where one rises as the other falls. Below it the interval that holds it with 95 % confidence, by a bootstrap of blocks of neighbouring steps.',
  ],
  [
    'p',
    'How often a correlation as strong comes about where there is none, with blocks of neighbouring steps shuffled. In brackets: as if each step were new evidence, which it is not.',
  ],
  [
    'train, test, batch',
    'Loss on examples that were trained on, on others, and on the batch that led to the step, before its update.',
  ],
];
