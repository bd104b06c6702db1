/** `confident`: confident learning ([Northcutt et al. 2021]) on out-of-fold probabilities of a refitted last layer. */
import { ofLabels } from '../evidence/confident.js';
import type { Ranking } from './ranking.js';

/**
 * 1 − the label's out-of-fold probability, which the paper calls self-confidence. Its normalised margin, the other ranking
 * that it names, found fewer flipped labels in each of our measurements.
 */
export const confident: Ranking = {
  needsRun: false,
  rank: async ({ labels, classes, latest }) => {
    const { probabilities } = await latest();
    return { scores: ofLabels(probabilities, labels, classes).map((p) => 1 - p) };
  },
};
