/**
 * ⟨G, Δ⟩ of all updates, split exactly into the rows that made them, whatever the sampler and the optimizer.
 *
 * Where the optimizer has a state, an update is made of the gradients of many steps: Δ_t = −η v_t, v_t = μ v_{t−1} + g_t. So the
 * state's part is carried back from step to step, while G meets each update anew, and no step is taken to change the course
 * of later ones: that is what an attribution of the updates as they were means.
 */
import type { Derivatives } from '../../replay/step-back.js';
import type { Replay } from '../../replay/replay.js';
import { addRows, noEffects, stack, withStep, type EffectMatrix } from './subject.js';

/** A direction in the space of the weights: for each carried tensor, by its place, an array of its size. */
export type Direction = readonly (Float32Array | undefined)[];

/** Weights follow the direction, the optimizer's state is carried, and nothing else is. */
const UPDATES: Derivatives = { of: () => true, to: ({ weight }) => weight === undefined };

/**
 * Splits the updates of a whole training along directions.
 * @param directions G of each query, constant over the steps
 * @param atOnce how many are walked back together
 * @returns Σ over all updates of what each example's rows did to ⟨G, θ⟩, [directions, examples]
 */
export async function splitByRows(
  replay: Replay,
  directions: readonly Direction[],
  atOnce: number,
  onWork?: (steps: number) => void,
): Promise<EffectMatrix> {
  const { sampleWeights, length } = replay.setup.pool;
  const effects = noEffects(directions.length, length);
  await withStep(replay.differentiate(UPDATES), async (derivative) => {
    for (let first = 0; first < directions.length; first += atOnce) {
      const part = directions.slice(first, first + atOnce);
      const along = stack(replay, part);
      let state: typeof along = [];
      for await (const { step, before } of replay.backwards()) {
        const cotangents = replay.carried.map(({ weight }, i) => (weight === undefined ? state[i] : along[i]));
        const pulled = await derivative.pull(step, before, cotangents);
        addRows(effects, pulled.rows, step, sampleWeights, first);
        state = pulled.gradients;
        onWork?.(1.5 + part.length);
      }
    }
  });
  return effects;
}
