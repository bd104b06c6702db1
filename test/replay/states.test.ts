/** Walking back over states that were not kept. */
import { expect, test } from '@jest/globals';
import type { RunPlan } from '../../src/replay/plan.js';
import { roomFor } from '../../src/replay/room.js';
import { sweep, walkBack, type StateSource } from '../../src/replay/states.js';
import { float32 } from '../../src/tensor.js';
import { givenState, ownState } from '../../src/train/carried-state.js';
import type { CarriedTensors } from '../../src/train/carried-state.js';
import type { PlannedStep } from '../../src/train/trainer.js';

/** A training whose state is the number of its steps, and which counts how many it ran, and states that are not given back. */
function counting(): { source: StateSource; ran: () => number; alive: () => number } {
  const states: CarriedTensors[] = [];
  const stateAfter = (step: number): CarriedTensors => {
    states.push({ step: float32([step]) });
    return states.at(-1)!;
  };
  let state = givenState(stateAfter(0));
  let reached = 0;
  let ran = 0;
  const plan: RunPlan = {
    stepsPerEpoch: 10,
    step: (step) => ({ step }) as PlannedStep,
    steps: (first, last) => Array.from({ length: last - first + 1 }, (_, i) => ({ step: first + i }) as PlannedStep),
  };
  const trainer: StateSource['trainer'] = {
    state: () => state.read(),
    run: (steps) => {
      expect(steps[0]!.step).toBe(reached + 1);
      ran += steps.length;
      state.pass();
      reached = steps.at(-1)!.step;
      state = ownState(stateAfter(reached));
      return Promise.resolve({ finite: true, losses: new Float32Array(0), deltas: new Map(), payloads: new Map() });
    },
    restore: (to) => {
      state.pass();
      state = givenState(to);
      reached = numberOf(to);
    },
    release: () => Promise.resolve(),
  };
  const alive = () => states.filter(({ step }) => step!.data.length > 0).length;
  return { source: { plan, trainer }, ran: () => ran, alive };
}

const numberOf = (state: CarriedTensors) => state.step!.data[0] as number;

/** Steps, slots, and how many steps a walk back runs again at most. */
test.each([
  [1, 1, 0],
  [2, 1, 0],
  [9, 0, 36],
  [9, 1, 17],
  [40, 5, 71],
  [100, 6, 216],
  [100, 17, 90],
  [100, 98, 50],
  [100, 99, 0],
  [100, 1000, 0],
  [500, 6, 1840],
  [1000, 64, 960],
])('a walk back over %i steps with room for %i states sees each once, newest first', async (steps, slots, most) => {
  const { source, ran, alive } = counting();
  const start = { step: 0, state: { step: float32([0]) } };
  const others = alive();
  const kept = await sweep(source, start, steps, slots);
  expect(kept.length - 1).toBeLessThanOrEqual(slots);
  for (let walk = 1; walk <= 2; walk++) {
    const before = ran();
    const seen: number[] = [];
    for await (const { step, before } of walkBack(source, kept, steps, slots)) {
      expect(numberOf(before)).toBe(step.step - 1);
      // Beside those that are kept, the one that is handed out.
      expect(alive() - others).toBeLessThanOrEqual(slots + 1);
      seen.push(step.step);
    }
    expect(seen).toEqual(Array.from({ length: steps }, (_, i) => steps - i));
    expect(ran() - before).toBeLessThanOrEqual(most);
    // What is kept is there for the next walk, and nothing else is.
    expect(kept.every(({ state, step }) => numberOf(state) === step)).toBe(true);
    expect(alive() - others).toBe(kept.length - 1);
  }
});

test('a walk back runs as few steps as can be', async () => {
  const known = new Map<string, number>();
  /** By trying where the next state is best kept. */
  const fewest = (count: number, slots: number): number => {
    if (count <= 1) return 0;
    if (slots === 0) return (count * (count - 1)) / 2;
    const key = `${count} ${slots}`;
    const places = Array.from({ length: count - 1 }, (_, i) => i + 1);
    const found =
      known.get(key) ??
      Math.min(...places.map((place) => place + fewest(count - place, slots - 1) + fewest(place, slots)));
    known.set(key, found);
    return found;
  };
  for (const steps of [2, 3, 7, 20, 41, 60]) {
    for (const slots of [0, 1, 2, 3, 6, 58, 59, 80]) {
      const { source, ran } = counting();
      const kept = [{ step: 0, state: { step: float32([0]) } }];
      for await (const { step } of walkBack(source, kept, steps, slots)) expect(step).toBeDefined();
      expect({ steps, slots, ran: ran() }).toEqual({ steps, slots, ran: fewest(steps, slots) });
    }
  }
});

test('with no fewer states than a replay keeps at least, no step is run over and over', async () => {
  for (const steps of [10, 100, 1000, 10_000]) {
    const { source, ran } = counting();
    const { slots } = roomFor(1, [{ dims: [2 ** 26] }], steps);
    const kept = await sweep(source, { step: 0, state: { step: float32([0]) } }, steps, slots);
    const before = ran();
    for await (const { step } of walkBack(source, kept, steps, slots)) expect(step).toBeDefined();
    expect(ran() - before).toBeLessThanOrEqual(5 * steps);
    expect(slots).toBeLessThan(16);
  }
});
