/**
 * States of past steps, by running the training forward again. Walking back needs every one of them, newest first; they
 * fit in memory in stretches only, so that snapshots are kept and the stretch between two is run again when it is needed
 * (checkpointing of reverse mode, [Griewank & Walther 2000]).
 */
import { InputError } from '../errors.js';
import type { CarriedTensors } from '../train/checkpoint.js';
import type { ExamplePool } from '../train/pool.js';
import type { PlannedStep, Trainer } from '../train/trainer.js';
import type { RunPlan } from './plan.js';

/** A state and the step after which it was: 0 is before the first. */
export interface StateAt {
  readonly step: number;
  readonly state: CarriedTensors;
}

/** A step with the state that it started from. */
export interface StepFromState {
  readonly step: PlannedStep;
  readonly before: CarriedTensors;
}

/** How states are had again. */
export interface StateSource {
  readonly plan: RunPlan;
  readonly trainer: Trainer;
  /** Examples to train on; the trainer's own by default. */
  readonly examples?: ExamplePool | undefined;
  /** Is told of the states after `stops`. */
  readonly reached?: ((at: StateAt) => Promise<void>) | undefined;
  readonly stops?: readonly number[] | undefined;
  readonly onProgress?: ((steps: number) => void) | undefined;
}

/** Steps that share a call where only the last state is wanted. */
const CALL_STEPS = 32;

/** Runs forward. @returns the state after `to` @throws InputError when a weight is no longer a number on the way */
export async function runForward(source: StateSource, from: StateAt, to: number): Promise<StateAt> {
  const { plan, trainer, examples, stops = [], reached, onProgress } = source;
  trainer.restore(from.state, examples);
  for (let done = from.step; done < to;) {
    const stop = Math.min(to, done + CALL_STEPS, ...stops.filter((step) => step > done));
    const { finite } = await trainer.run(plan.steps(done + 1, stop));
    if (!finite) throw notFinite(done + 1, stop);
    onProgress?.(stop - done);
    done = stop;
    if (stops.includes(done)) await reached?.({ step: done, state: trainer.state });
  }
  return { step: to, state: trainer.state };
}

function notFinite(first: number, last: number): InputError {
  return new InputError(
    `trained again, a weight is no longer a number between steps ${first} and ${last}; lower \`learningRate\` or set \`clipNorm\` in the training`,
  );
}

/**
 * Runs forward and keeps states on the way.
 * @param slots how many states may be kept beside `from`; at least 1
 * @returns states from `from` on, evenly spaced and all before `to`: each, where there is room
 */
export async function sweep(source: StateSource, from: StateAt, to: number, slots: number): Promise<StateAt[]> {
  const states = [from];
  const spacing = spacingFor(to - from.step, slots);
  for (let step = from.step + spacing; step < to; step += spacing) {
    states.push(await runForward(source, states.at(-1)!, step));
  }
  return states;
}

/**
 * Steps with the states that they started from, newest first.
 * @param kept states to start from, in order
 * @param to the last step
 * @param slots how many states may be held at once beside the first of `kept`
 */
export async function* walkBack(
  source: StateSource,
  kept: readonly StateAt[],
  to: number,
  slots: number,
): AsyncGenerator<StepFromState> {
  const left = [...kept];
  let end = to;
  for (let start = left.pop(); start; start = left.pop()) {
    if (end - start.step === 1) {
      yield { step: source.plan.step(end), before: start.state };
    } else if (end > start.step) {
      // As the walk goes back, the states behind it make room for those of the next stretch.
      const free = Math.max(1, slots - Math.max(0, left.length - 1));
      yield* walkBack(source, await sweep(source, start, end, free), end, free);
    }
    end = start.step;
  }
}

/** Steps between two states that are kept, so that a stretch in between needs to be run as seldom as possible. */
function spacingFor(count: number, slots: number): number {
  if (count - 1 <= slots) return 1;
  // With k states kept, slots − k are left for each stretch; where that is not enough, stretches are cut again.
  for (let kept = 1; kept < slots; kept++) {
    const spacing = Math.ceil(count / (kept + 1));
    if (spacing - 1 <= slots - kept) return spacing;
  }
  return Math.ceil(count / (Math.max(1, Math.floor(slots / 2)) + 1));
}
