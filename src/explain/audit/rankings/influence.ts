/** `influence`: by how much an example's own loss would grow without it ([Koh & Liang 2017]). */
import { fittedRanking } from './ranking.js';

/** ∇L_iᵀ H⁻¹ ∇L_i of the fitted layer. */
export const influence = fittedRanking(({ scores }) => scores.influence);
