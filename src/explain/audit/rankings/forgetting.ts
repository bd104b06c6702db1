/** `forgetting`: how often what was learnt of an example was lost again ([Toneva et al. 2019]). */
import { courseRanking } from './ranking.js';

/**
 * From one end of an epoch to the next (the paper: from one presentation to the next), how often an example that was
 * classified as labelled no longer was. One that never was ranks above all others, as in the paper.
 */
export const forgetting = courseRanking(({ forgotten, learnt, epochs }) =>
  Float64Array.from(forgotten, (count, i) => (learnt[i] === 1 ? count : epochs.length)),
);
