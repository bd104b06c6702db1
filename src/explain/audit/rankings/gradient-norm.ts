/** `gradient-norm`: how strongly an example pulls at the weights of the fitted layer. */
import { fittedRanking } from './ranking.js';

/** ‖∂L_i/∂Θ‖ */
export const gradientNorm = fittedRanking(({ scores }) => scores['gradient-norm']);
