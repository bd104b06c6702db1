/**
 * States of past steps, by running the training forward again. Walking back needs every one of them, newest first; they
 * fit in memory in stretches only, so that snapshots are kept and the stretch between two is run again when it is needed
 * (checkpointing of reverse mode, [Griewank & Walther 2000]).
 */
import { InputError } from '../errors.js';
import { giveBack } from '../runtime/give-back.js';
import type { CarriedTensors } from '../train/carried-state.js';
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

/**
 * Runs forward.
 * @returns the state after `to`
 * @throws InputError when a weight is no longer a number on the way
 */
export async function runForward(source: StateSource, from: StateAt, to: number): Promise<StateAt> {
  const { plan, trainer, examples, stops = [], reached, onProgress } = source;
  trainer.restore(from.state, examples);
  for (let done = from.step; done < to;) {
    const stop = Math.min(to, done + CALL_STEPS, ...stops.filter((step) => step > done));
    const { finite } = await trainer.run(plan.steps(done + 1, stop));
    if (!finite) throw notFinite(done + 1, stop);
    onProgress?.(stop - done);
    done = stop;
    if (stops.includes(done)) await reached?.({ step: done, state: await trainer.state() });
  }
  return { step: to, state: await trainer.state() };
}

function notFinite(first: number, last: number): InputError {
  return new InputError(
    `trained again, a weight is no longer a number between steps ${first} and ${last}; lower \`learningRate\` or set \`clipNorm\` in the training`,
  );
}

/**
 * Runs forward and keeps states on the way.
 * @param slots how many states may be held beside `from`
 * @returns states from `from` on, evenly spaced and all before `to`: each, where there is room, and else so many that
 *   walking back over all stretches in between takes the fewest steps with the room that is left
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
 * Steps with the states that they started from, newest first. The memory of a state is given back once the next step
 * is asked for, unless it is one of `kept`.
 * @param kept states to start from, in order; they stay as they are, for other walks
 * @param to the last step
 * @param slots how many states may be held at once beside the first of `kept` and the one that is handed out
 */
export async function* walkBack(
  source: StateSource,
  kept: readonly StateAt[],
  to: number,
  slots: number,
): AsyncGenerator<StepFromState> {
  const held = [...kept];
  const room = slots - (kept.length - 1);
  let own = 0;
  for (let end = to; held.length > 0;) {
    const { step: start, state } = held.at(-1)!;
    if (end - start > 1) {
      held.push(await runForward(source, held.at(-1)!, start + advance(end - start, Math.max(0, room - own))));
      own++;
      continue;
    }
    yield { step: source.plan.step(end), before: state };
    end = start;
    held.pop();
    if (own > 0) {
      own--;
      giveBack(Object.values(state));
    }
  }
}

/**
 * How far to run into a stretch before a state is kept, so that walking back over all of it runs as few steps as possible
 * ([Griewank & Walther 2000]).
 * @param count steps of the stretch
 * @param room how many states may be kept beside the one that it starts from
 */
function advance(count: number, room: number): number {
  if (room === 0) return count - 1;
  // What all takes is convex in the place: the first one behind which moving on costs steps.
  let [first, last] = [1, count - 1];
  while (first < last) {
    const middle = Math.floor((first + last) / 2);
    if (1 + repetitions(middle + 1, room) < repetitions(count - middle, room - 1)) first = middle + 1;
    else last = middle;
  }
  return first;
}

/** How often the last of so many steps is run at most, when going back over them with room for so many states. */
export function repetitions(count: number, room: number): number {
  let times = 0;
  // With room for s, and none run more than r times, C(s + 1 + r, r) steps are within reach.
  for (let reach = 1; reach < count; times++) reach = (reach * (room + 2 + times)) / (times + 1);
  return times;
}

/**
 * How many steps are run forward in going back over a stretch.
 * @param count steps of the stretch
 * @param room how many states may be kept beside the one that it starts from
 */
function stepsRun(count: number, room: number): number {
  const times = repetitions(count, room);
  let spared = 1;
  for (let i = 1; i < times; i++) spared = (spared * (room + 2 + i)) / i;
  return times === 0 ? 0 : times * count - spared;
}

/** Steps between two states that are kept for all walks back, so that one takes as few steps as possible. */
function spacingFor(count: number, slots: number): number {
  let best = { spacing: count, steps: stepsRun(count, slots) };
  for (let kept = 1; kept <= Math.min(slots, count - 1); kept++) {
    const spacing = Math.ceil(count / (kept + 1));
    const steps = Math.ceil(count / spacing) * stepsRun(spacing, slots - kept);
    if (steps < best.steps) best = { spacing, steps };
  }
  return best.spacing;
}
