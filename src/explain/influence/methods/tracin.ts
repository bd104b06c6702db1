import { effectsByStep } from './by-step.js';
import type { RunMethod } from './method.js';

/**
 * TracIn at every step ([Pruthi et al. 2020], Eq. 1): Σ_t η_t ⟨∇ℓ(z_i; θ_t), ∇(−m)(z; θ_t)⟩/n over the steps that used the
 * example, as if each were plain gradient descent.
 */
export const tracin: RunMethod = {
  name: 'tracin',
  says: 'gradients of example and measure agreeing at the steps that used the example: what a plain gradient step would do at once',
  cost: (queries) => 1 + queries,
  effects: (subject) => effectsByStep(subject, { optimizer: 'sgd', weightDecay: 0, clipNorm: undefined }),
};
