/** A training step as one input sees it at one layer, and what of it ranks. */
import type { StepProjections } from './projector.js';
import type { Similarity } from './step-use.js';

/** One step for one input. */
export interface StepScore {
  /** ⟨r, Δ f⟩ */
  readonly gamma: number;
  readonly cosine: number;
  /** ‖Δ f‖ */
  readonly norm: number;
}

/** What a step adds to the rank of its batch and examples. */
const RANK: Readonly<Record<Similarity, (score: StepScore) => number>> = {
  dot: ({ gamma }) => gamma,
  cosine: ({ cosine }) => cosine,
  'positive-cosine': ({ cosine }) => Math.max(cosine, 0),
};

/** What ranks a step by a similarity. */
export function rankOf(similarity: Similarity, score: StepScore): number {
  return RANK[similarity](score);
}

/** The score at a place of projections. @param reference ‖r‖ of the input */
export function scoreOf({ gamma, norm }: StepProjections, at: number, reference: number): StepScore {
  const lengths = norm[at]! * reference;
  return { gamma: gamma[at]!, cosine: lengths > 0 ? gamma[at]! / lengths : 0, norm: norm[at]! };
}
