/** Walking back over states that were not kept. */
import { expect, test } from '@jest/globals';
import type { RunPlan } from '../../src/replay/plan.js';
import { sweep, walkBack, type StateSource } from '../../src/replay/states.js';
import { float32 } from '../../src/tensor.js';
import type { CarriedTensors } from '../../src/train/checkpoint.js';
import type { PlannedStep } from '../../src/train/trainer.js';

/** A training whose state is the number of its steps, and which counts how many it ran. */
function counting(): { source: StateSource; ran: () => number } {
  const stateAfter = (step: number): CarriedTensors => ({ step: float32([step]) });
  let state = stateAfter(0);
  let ran = 0;
  const plan: RunPlan = {
    stepsPerEpoch: 10,
    step: (step) => ({ step }) as PlannedStep,
    steps: (first, last) => Array.from({ length: last - first + 1 }, (_, i) => ({ step: first + i }) as PlannedStep),
  };
  const trainer: StateSource['trainer'] = {
    get state() {
      return state;
    },
    run: (steps) => {
      expect(steps[0]!.step).toBe(numberOf(state) + 1);
      ran += steps.length;
      state = stateAfter(steps.at(-1)!.step);
      return Promise.resolve({ finite: true, losses: new Float32Array(0), deltas: new Map() });
    },
    restore: (to) => {
      state = to;
    },
    release: () => Promise.resolve(),
  };
  return { source: { plan, trainer }, ran: () => ran };
}

const numberOf = (state: CarriedTensors) => state.step!.data[0] as number;

test.each([
  [1, 1],
  [2, 1],
  [9, 1],
  [40, 2],
  [40, 5],
  [100, 17],
  [100, 98],
  [100, 99],
  [100, 1000],
  [1000, 64],
])('a walk back over %i steps with room for %i states sees each once, newest first', async (steps, slots) => {
  const { source, ran } = counting();
  const start = { step: 0, state: { step: float32([0]) } };
  const kept = await sweep(source, start, steps, slots);
  expect(kept.length - 1).toBeLessThanOrEqual(slots);
  const seen: number[] = [];
  for await (const { step, before } of walkBack(source, kept, steps, slots)) {
    expect(numberOf(before)).toBe(step.step - 1);
    seen.push(step.step);
  }
  expect(seen).toEqual(Array.from({ length: steps }, (_, i) => steps - i));
  // All fit: each step runs once. A square root of them fit: twice, and a little.
  if (slots >= steps - 1) expect(ran()).toBe(steps - 1);
  if (slots ** 2 >= 4 * steps) expect(ran()).toBeLessThanOrEqual(2 * steps);
});
