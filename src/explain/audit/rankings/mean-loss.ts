/** `mean-loss`: the loss of an example over the course of the training. */
import { courseRanking } from './ranking.js';

/** −log of the probability that the network gives the label, mean over the ends of the epochs. */
export const meanLoss = courseRanking(({ losses }) => losses);
