import { ALL_DERIVATIVES } from '../../../replay/step-back.js';
import type { RunMethod } from './method.js';
import { effectsThroughSteps } from './through-steps.js';

/**
 * The metagradient of a training in which each step took the scores of its rows for linear in the weights, around the weights
 * that it started from: JᵀH_ℓJ ([Schraudolph 2002]) stands where the metagradient has the Hessian. The two are the same
 * for a linear model. Elsewhere the Hessian has directions of negative curvature, in which what differs grows from step to step;
 * there are none in JᵀH_ℓJ. So it is not the derivative of the training, but it foretells larger changes, and those of
 * trainings with many kinks.
 */
export const gaussNewton: RunMethod = {
  name: 'gauss-newton',
  says: 'how much lower the measure would be, had the example weighed 0 in training: through every step, each taken for linear in its scores',
  cost: (queries) => 1.5 + 1.5 * queries,
  effects: (subject) => effectsThroughSteps(subject, { ...ALL_DERIVATIVES, curvature: 'gauss-newton' }),
};
