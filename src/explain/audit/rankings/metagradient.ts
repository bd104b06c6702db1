/**
 * `metagradient`: what each example does to the loss of held-out examples, through the whole recorded training. It finds what
 * hurts, mislabelled or not; flipped labels alone are found better by how they were learnt.
 */
import type { Ranking } from './ranking.js';

/** How much lower the held-out loss would be, had the example weighed 0 in training. */
export const metagradient: Ranking = {
  needsRun: true,
  rank: async ({ heldOutEffects }) => {
    if (!heldOutEffects) throw new Error('internal: a ranking by the replay of a training without a run');
    return { scores: await heldOutEffects() };
  },
};
