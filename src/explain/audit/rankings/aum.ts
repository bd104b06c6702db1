/**
 * `aum`: area under the margin ([Pleiss et al. 2020]). An example whose label is right is pulled to it by its like, so that
 * its margin grows early; a wrong label has to be learnt against them.
 */
import { courseRanking } from './ranking.js';

/** Minus the margin z_y − max_{k≠y} z_k, mean over the ends of the epochs (the paper takes it as an epoch goes on). */
export const aum = courseRanking(({ margins }) => margins.map((margin) => -margin));
