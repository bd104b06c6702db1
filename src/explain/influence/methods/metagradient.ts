import { addRows, measureAt, noEffects, queriesAtOnce, stack, withStep } from '../subject.js';
import type { RunMethod } from './method.js';

/**
 * The gradient of the measure to the weight of each training example, through the whole recorded training: (λ_{t−1}, ∂w_t) is
 * the vector–Jacobian product of step t with λ_t, λ_T the measure's gradient to all that training carries, and the effect of
 * an example is the sum of ∂w over its rows. Exact as a derivative ([Engstrom et al. 2025], [Maclaurin et al. 2015]); what
 * leaving an example out does follows from it to first order.
 */
export const metagradient: RunMethod = {
  name: 'metagradient',
  says: 'how much lower the measure would be, had the example weighed 0 in training: to first order, through every step',
  cost: (queries) => 1.5 + 1.5 * queries,
  effects: async (subject) => {
    const { replay, outcome, queries, onWork } = subject;
    const { sampleWeights, length } = replay.setup.pool;
    const effects = noEffects(queries.length, length);
    const atOnce = queriesAtOnce(subject);
    await withStep(replay.differentiate(), async (derivative) => {
      for (let first = 0; first < queries.length; first += atOnce) {
        const part = queries.slice(first, first + atOnce);
        const gradients = [];
        for (const query of part) gradients.push((await measureAt(outcome, replay.final, query)).gradients);
        let cotangents = stack(replay, gradients);
        for await (const { step, before } of replay.backwards()) {
          const pulled = await derivative.pull(step, before, cotangents);
          addRows(effects, pulled.rows, step, { weights: sampleWeights, first });
          cotangents = pulled.gradients;
          onWork?.(1.5 + 1.5 * part.length);
        }
      }
    });
    return effects;
  },
};
