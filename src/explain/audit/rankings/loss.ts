/** `loss`: what the fitted layer's loss is for the label. */
import { fittedRanking } from './ranking.js';

/** −log of the probability of the label. */
export const loss = fittedRanking(({ scores }) => scores.loss);
