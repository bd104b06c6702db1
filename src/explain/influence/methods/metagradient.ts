import { ALL_DERIVATIVES } from '../../../replay/step-back.js';
import type { RunMethod } from './method.js';
import { effectsThroughSteps } from './through-steps.js';

/**
 * The gradient of the measure to the weight of each training example, through the whole recorded training. Exact as a
 * derivative ([Engstrom et al. 2025], [Maclaurin et al. 2015]); what leaving an example out does follows from it to first order.
 */
export const metagradient: RunMethod = {
  name: 'metagradient',
  says: 'how much lower the measure would be, had the example weighed 0 in training: to first order, through every step',
  cost: (queries) => 1.5 + 1.5 * queries,
  effects: (subject) => effectsThroughSteps(subject, ALL_DERIVATIVES),
};
