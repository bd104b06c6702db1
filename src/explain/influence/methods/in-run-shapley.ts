import { effectsByStep } from './by-step.js';
import type { RunMethod } from './method.js';

/**
 * First-order in-run data Shapley ([Wang et al. 2025]): what each row of a step did to the measure in that very step, by the
 * optimizer that was used. Its effects in later steps (momentum, the changed course) are not counted.
 */
export const inRunShapley: RunMethod = {
  name: 'in-run-shapley',
  says: 'what the example’s rows did to the measure in the steps that used it, later effects left out',
  cost: (queries) => 1 + queries,
  effects: (subject) => effectsByStep(subject),
};
