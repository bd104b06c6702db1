/** Scores as probabilities. */

/** σ(s) = 1 / (1 + e⁻ˢ) */
export function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

/** e^sᵢ / Σ e^sⱼ in float64; scores of any size do not overflow. NaN where the largest score is not finite. */
export function softmax(scores: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(scores);
  softmaxInPlace(values);
  return values;
}

/** Replaces scores by their softmax. */
export function softmaxInPlace(scores: Float64Array): void {
  const highest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i] = Math.exp(scores[i]! - highest);
  for (let i = 0; i < scores.length; i++) scores[i]! /= sum;
}
