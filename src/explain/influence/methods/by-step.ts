import type { Derivatives } from '../../../replay/step-back.js';
import { giveBack } from '../../../runtime/give-back.js';
import type { TrainingGraphOptions } from '../../../train/training-graph.js';
import { addRows, measureAt, noEffects, stack, withStep, type EffectMatrix, type RunSubject } from '../subject.js';

/**
 * Adds up, over all steps, what each row of a step did to the measure at once: the measure's gradient at the weights before
 * the step, pulled through the step to the weights of its rows.
 * @param changes what a step is taken to do, where it is not what the training did
 */
export async function effectsByStep(
  { replay, outcome, queries, onWork }: RunSubject,
  changes: Partial<TrainingGraphOptions> = {},
): Promise<EffectMatrix> {
  const { sampleWeights, length } = replay.setup.pool;
  const effects = noEffects(queries.length, length);
  await withStep(replay.differentiate(ONLY_ROWS, changes), async (derivative) => {
    for await (const { step, before } of replay.forwards()) {
      const gradients = [];
      for (const query of queries) gradients.push((await measureAt(outcome, before, query)).gradients);
      const cotangents = stack(replay, gradients);
      giveBack(gradients.flat());
      const { rows } = await derivative.pull(step, before, cotangents);
      giveBack(cotangents);
      addRows(effects, rows, step, { weights: sampleWeights, first: 0 });
      onWork?.(1 + queries.length);
    }
  });
  return effects;
}

/** The measure depends on weights and running statistics; nothing is carried further back. */
const ONLY_ROWS: Derivatives = { of: ({ weight }) => weight !== undefined, to: () => false };
