/** The sentence on a λ that is too large for the fit to follow the model. */
import type { RepresenterFit } from '../../results/representer.js';

/** Says which λ would do, or that none that was tried does. */
export function closerText({ lambda, pearson }: RepresenterFit, closer: NonNullable<RepresenterFit['closer']>): string {
  const [now, then] = [pearson.toFixed(4), closer.pearson.toFixed(4)];
  return closer.pearson > pearson
    ? `λ = ${lambda} is too strong for the fit to follow the model’s outputs (Pearson ${now}); λ = ${closer.lambda} gives about ${then}`
    : `the fit does not follow the model’s outputs (Pearson ${now}), and no smaller λ down to ${closer.lambda} does better`;
}
