/**
 * A training at one's disposal: its states come back to the bit by running it forward again, so that whatever it did can be
 * measured after the fact, differentiated, or done again with other weights of its examples.
 */
import type { Classifier } from '../classifier/classifier.js';
import { giveBack } from '../runtime/give-back.js';
import type { Runtime } from '../runtime/runtime.js';
import { initialState, type CarriedTensors } from '../train/carried-state.js';
import { taskOf } from '../train/schedule.js';
import { setUp, type Setup, type SetupRequest } from '../train/setup.js';
import { createTrainer } from '../train/trainer.js';
import type { Carried, TrainingGraphOptions } from '../train/training-graph.js';
import { openDifferentiatedStep, type DifferentiatedStep } from './differentiated-step.js';
import { planRun, type RunPlan } from './plan.js';
import { roomFor, type Room } from './room.js';
import { runForward, sweep, walkBack, type StateAt, type StateSource, type StepFromState } from './states.js';
import type { Derivatives } from './step-back.js';

/** A training at one's disposal. */
export interface Replay {
  /** Everything random of it came from this one. */
  readonly seed: number;
  readonly setup: Setup;
  readonly plan: RunPlan;
  /** Steps that it has. */
  readonly steps: number;
  readonly carried: readonly Carried[];
  /** How far it was from the recorded weights, at most, relative to their norm; 0 is to the bit, or where none are recorded. */
  readonly drift: number;
  readonly room: Room;
  /** The state before the first step. */
  readonly initial: CarriedTensors;
  /** The state after the last step. */
  readonly final: CarriedTensors;
  /** Steps with the states that they started from, in order. A state's arrays are empty once the next step is asked for. */
  forwards(): AsyncGenerator<StepFromState>;
  /** The same, newest first. */
  backwards(): AsyncGenerator<StepFromState>;
  /**
   * The derivative of a step.
   * @param derivatives which; all by default
   * @param changes what a step is taken to do, where it is not what the training did
   * @param written the classifier in another form that computes the same; as it was trained by default
   */
  differentiate(
    derivatives?: Derivatives,
    changes?: Partial<TrainingGraphOptions>,
    written?: Classifier,
  ): Promise<DifferentiatedStep>;
  /**
   * Trains again from the start: other weights, and the same batches unless another seed is given.
   * @param onStep is told how many steps are done
   * @param seed of the batches' order and of dropout
   * @returns the state after the last step
   */
  retrain(sampleWeights: Float32Array, onStep?: (done: number) => void, seed?: number): Promise<CarriedTensors>;
  /** Ends it; `initial` and `final` may still be read. */
  release(): Promise<void>;
}

/** Looks at states on the way, where something is known of them. */
export interface Watch extends Required<Pick<StateSource, 'stops' | 'reached'>> {
  /** See `Replay`. */
  readonly drift: () => number;
}

/** A training that is run again. */
export interface RetrainRequest extends SetupRequest {
  readonly runtime: Runtime;
  /** Steps that it has. */
  readonly steps: number;
}

/** What a training that is run again starts from. */
export interface Started {
  readonly setup: Setup;
  readonly plan: RunPlan;
  readonly source: StateSource;
  /** The state before the first step. */
  readonly start: StateAt;
  readonly release: () => Promise<void>;
}

/** Makes ready to run a training again from its start. @param onProgress is told of steps that were run */
export async function startAgain(request: RetrainRequest, onProgress?: (steps: number) => void): Promise<Started> {
  const { classifier, options, runtime } = request;
  const setup = await setUp({ ...request, options: { ...options, log: false } });
  const { graph, pool, rows, classes } = setup;
  const plan = planRun(options, taskOf(request.train, classes));
  const start: StateAt = { step: 0, state: initialState(classifier.model, graph.carried) };
  const trainer = await createTrainer(graph, pool, rows, start.state, runtime);
  return { setup, plan, source: { plan, trainer, onProgress }, start, release: () => trainer.release() };
}

/**
 * Runs a training forward once, and keeps as many of its states as fit into memory.
 * @param started what it starts from, which is released with it
 * @param memory bytes that it may take: up to three quarters for states of past steps, and a quarter for what is pulled back
 * @throws InputError as `watch` does
 */
export async function replayTraining(
  { classifier, options, runtime, steps, train }: RetrainRequest,
  { setup, plan, source, start, release }: Started,
  memory: number,
  watch?: Watch,
): Promise<Replay> {
  const { graph, pool } = setup;
  const { carried } = graph;
  const { trainer } = source;
  const room = roomFor(memory, carried, steps);
  try {
    const watched = { ...source, ...watch };
    const kept = await sweep(watched, start, steps, room.slots);
    const final = await runForward(watched, kept.at(-1)!, steps);
    return {
      seed: options.seed,
      setup,
      plan,
      steps,
      carried,
      drift: watch?.drift() ?? 0,
      room,
      initial: start.state,
      final: final.state,
      forwards: () => walkForward(source, start, steps),
      backwards: () => walkBack(source, kept, steps, room.slots),
      differentiate: (derivatives, changes, written = classifier) => {
        const changed = { ...setup.graphOptions, ...changes };
        return openDifferentiatedStep({ classifier: written, options: changed, pool, runtime, derivatives });
      },
      retrain: async (sampleWeights, onStep, seed = options.seed) => {
        let done = 0;
        const ordered = seed === options.seed ? plan : planRun({ ...options, seed }, taskOf(train, setup.classes));
        const told = (count: number) => onStep?.((done += count));
        const examples = pool.weighted(sampleWeights);
        return (await runForward({ plan: ordered, trainer, examples, onProgress: told }, start, steps)).state;
      },
      release: async () => {
        await release();
        for (const { state } of kept.slice(1)) giveBack(Object.values(state));
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function* walkForward(source: StateSource, start: StateAt, to: number): AsyncGenerator<StepFromState> {
  let state = start;
  for (let number = start.step + 1; number <= to; number++) {
    yield { step: source.plan.step(number), before: state.state };
    if (number === to) return;
    const passed = state;
    state = await runForward(source, passed, number);
    if (passed !== start) giveBack(Object.values(passed.state));
  }
}
