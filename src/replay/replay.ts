/**
 * A run, replayed: its states come back to the bit by running its training forward again, so that whatever it did can be
 * measured after the fact, differentiated, or done again with other weights of its examples.
 */
import type { Classifier } from '../classifier/classifier.js';
import { InputError } from '../errors.js';
import type { RunManifest } from '../run/manifest.js';
import { checkProvider } from '../run/provider.js';
import { checkRunFiles, recordsOf } from '../run/run-files.js';
import { giveBack } from '../runtime/give-back.js';
import { withThreads } from '../runtime/threads.js';
import { initialState, type CarriedTensors } from '../train/carried-state.js';
import { readCheckpoint } from '../train/checkpoint.js';
import { taskOf } from '../train/schedule.js';
import { setUp, type Setup, type TrainRequest } from '../train/setup.js';
import { createTrainer } from '../train/trainer.js';
import type { Carried, TrainingGraphOptions } from '../train/training-graph.js';
import { openDifferentiatedStep, type DifferentiatedStep } from './differentiated-step.js';
import { planRun, type RunPlan } from './plan.js';
import { roomFor, type Room } from './room.js';
import { runForward, sweep, walkBack, type StateAt, type StateSource, type StepFromState } from './states.js';
import type { Derivatives } from './step-back.js';

/** A run that is to be replayed, opened as if it were to be resumed. */
export interface ReplayRequest extends TrainRequest {
  readonly manifest: RunManifest;
  /** Bytes that the replay may take: up to three quarters for states of past steps, and a quarter for what is pulled back. */
  readonly memory: number;
  /** Go on where the replay is not the recorded training to the bit. */
  readonly allowDrift?: boolean | undefined;
}

/** A run at one's disposal. */
export interface Replay {
  readonly manifest: RunManifest;
  readonly setup: Setup;
  readonly plan: RunPlan;
  /** Steps that the run has. */
  readonly steps: number;
  readonly carried: readonly Carried[];
  /** How far the replay was from the recorded weights, at most, relative to their norm; 0 is to the bit. */
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

/**
 * Opens a run for replaying: runs it forward once.
 * @param onProgress is told of steps that were run
 * @throws InputError when the run cannot be replayed: where it drifts from what was recorded, by how much
 */
export async function openReplay(request: ReplayRequest, onProgress?: (steps: number) => void): Promise<Replay> {
  const { manifest, classifier, options } = request;
  const { steps } = manifest;
  const { setup, plan, source, start, watch, runtime, release } = await prepare(request, onProgress);
  const { graph, pool } = setup;
  const { carried } = graph;
  const { trainer } = source;
  const room = roomFor(request.memory, carried, steps);
  try {
    const watched = { ...source, ...watch };
    const kept = await sweep(watched, start, steps, room.slots);
    const final = await runForward(watched, kept.at(-1)!, steps);
    return {
      manifest,
      setup,
      plan,
      steps,
      carried,
      drift: watch.drift(),
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
        const ordered =
          seed === options.seed ? plan : planRun({ ...options, seed }, taskOf(request.train, setup.classes));
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

/** A run that is trained again from its start, forwards only, and compared with each checkpoint on the way. */
export interface ForwardReplay {
  readonly source: StateSource;
  /** The state before the first step. */
  readonly start: StateAt;
  readonly carried: readonly Carried[];
  readonly release: () => Promise<void>;
}

/** @throws InputError when the run cannot be replayed, and on the way where it drifts from what was recorded */
export async function openForwardReplay(
  request: Omit<ReplayRequest, 'memory'>,
  onProgress?: (steps: number) => void,
): Promise<ForwardReplay> {
  const { setup, source, start, watch, release } = await prepare(request, onProgress);
  return { source: { ...source, ...watch }, start, carried: setup.graph.carried, release };
}

/** What every replay starts from. */
async function prepare(request: Omit<ReplayRequest, 'memory'>, onProgress?: (steps: number) => void) {
  const { manifest, classifier, options, runDirectory } = request;
  const runtime = withThreads(request.runtime, manifest.threads);
  if (!request.allowDrift) checkProvider(runDirectory, manifest, runtime.provider, ', or set `allowDrift`');
  if (manifest.steps === 0) throw new InputError(`${runDirectory}: the run has no steps yet; train it first`);
  const setup = await setUp({ ...request, options: { ...options, log: false } });
  const { graph, pool, rows, classes } = setup;
  const plan = planRun(options, taskOf(request.train, classes));
  const start: StateAt = { step: 0, state: initialState(classifier.model, graph.carried) };
  const trainer = await createTrainer(graph, pool, rows, start.state, runtime);
  const source: StateSource = { plan, trainer, onProgress };
  return {
    setup,
    plan,
    source,
    start,
    watch: watchDrift(request, graph.carried),
    runtime,
    release: () => trainer.release(),
  };
}

/** Compares what is replayed with each checkpoint that the run kept. */
function watchDrift(
  { manifest, runDirectory, allowDrift = false }: Omit<ReplayRequest, 'memory'>,
  carried: readonly Carried[],
): Required<Pick<StateSource, 'stops' | 'reached'>> & { readonly drift: () => number } {
  let drift = 0;
  return {
    stops: manifest.checkpoints.map(({ step }) => step),
    reached: async ({ step, state }) => {
      const record = manifest.checkpoints.find((checkpoint) => checkpoint.step === step)!;
      await checkRunFiles(runDirectory, recordsOf(manifest, [record.model, record.state]));
      const apart = relativeDistance(state, await readCheckpoint(runDirectory, record, carried));
      drift = Math.max(drift, apart);
      if (apart === 0 || allowDrift) return;
      throw new InputError(
        `${runDirectory}: replayed to step ${step}, its weights are not those that were recorded, but ${apart.toExponential(1)} of their norm away ` +
          `(${reasonsToDrift(manifest)}); replay it where it was trained, or set \`allowDrift\``,
      );
    },
    drift: () => drift,
  };
}

/** Why a run may not come again to the bit, in words. */
export function reasonsToDrift({ threads, runtime }: RunManifest): string {
  if (threads === undefined)
    return 'another version of ONNX Runtime, another processor or other threads than it was trained with';
  return `on \`threads\` ${threads} both times, so by another processor or another version of ONNX Runtime than ${runtime}`;
}

/** ‖a − b‖/‖b‖ over all tensors together; 0 only where all are equal to the bit. */
function relativeDistance(a: CarriedTensors, b: CarriedTensors): number {
  let difference = 0;
  let norm = 0;
  for (const [name, { data }] of Object.entries(b)) {
    const other = a[name]!.data as Float32Array;
    (data as Float32Array).forEach((value, i) => {
      difference += (value - other[i]!) ** 2;
      norm += value ** 2;
    });
  }
  return difference === 0 ? 0 : Math.sqrt(difference / Math.max(norm, Number.MIN_VALUE));
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
