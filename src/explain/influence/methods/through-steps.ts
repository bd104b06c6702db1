import type { Derivatives } from '../../../replay/step-back.js';
import { giveBack } from '../../../runtime/give-back.js';
import {
  addRows,
  measureAt,
  noEffects,
  queriesAtOnce,
  stack,
  withStep,
  type EffectMatrix,
  type RunSubject,
} from '../subject.js';

/**
 * Walks back over the whole training: (λ_{t−1}, ∂w_t) is the vector–Jacobian product of step t with λ_t, λ_T being the
 * measure's gradient to all that training carries; the effect of an example is the sum of ∂w over its rows.
 * @param derivatives of each step
 */
export async function effectsThroughSteps(subject: RunSubject, derivatives: Derivatives): Promise<EffectMatrix> {
  const { replay, outcome, queries, onWork } = subject;
  const { sampleWeights, length } = replay.setup.pool;
  const effects = noEffects(queries.length, length);
  const atOnce = queriesAtOnce(subject);
  await withStep(replay.differentiate(derivatives), async (derivative) => {
    for (let first = 0; first < queries.length; first += atOnce) {
      const part = queries.slice(first, first + atOnce);
      const gradients = [];
      for (const query of part) gradients.push((await measureAt(outcome, replay.final, query)).gradients);
      let cotangents = stack(replay, gradients);
      giveBack(gradients.flat());
      for await (const { step, before } of replay.backwards()) {
        const pulled = await derivative.pull(step, before, cotangents);
        addRows(effects, pulled.rows, step, { weights: sampleWeights, first });
        giveBack(cotangents);
        cotangents = pulled.gradients;
        onWork?.(1.5 + 1.5 * part.length);
      }
    }
  });
  return effects;
}
