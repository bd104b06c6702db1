/** `neighbours`: whether the examples that look alike to the last layer carry another label. */
import { ofLabels } from '../evidence/confident.js';
import type { Ranking } from './ranking.js';

/** 1 − the share of the nearest neighbours, by the cosine of their features, that carry the label. */
export const neighbours: Ranking = {
  needsRun: false,
  rank: async ({ labels, classes, latest }) => {
    const { votes } = await latest();
    return { scores: ofLabels(votes, labels, classes).map((share) => 1 - share) };
  },
};
