/** Runs steps of a training graph: batches in, losses and updates out. The state stays with the trainer. */
import type { Feeds, Runtime } from '../runtime/runtime.js';
import { float32, int32, int64, type Tensor } from '../tensor.js';
import { encodeModel } from '../onnx/codec.js';
import { deviceState, givenState, ownState, type CarriedState, type CarriedTensors } from './carried-state.js';
import type { ExamplePool } from './pool.js';
import type { Batch } from './samplers/sampler.js';
import type { TrainingGraph } from './training-graph.js';
import { lowRankPayloads } from './low-rank/payloads.js';
import { TRAINING_INPUTS } from './training-inputs.js';

/** A step to run. */
export interface PlannedStep extends Batch {
  /** From 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Seed of dropout, any 32-bit integer. */
  readonly seed: number;
}

/** What steps left behind. */
export interface StepsDone {
  /** Loss of each step before its update. */
  readonly losses: Float32Array;
  /** Whether all losses and updated weights are numbers. If not, the state is still the one before the steps. */
  readonly finite: boolean;
  /** Updates of each logged layer, [steps, elements]. */
  readonly deltas: ReadonlyMap<string, Float32Array>;
  /** Of the layers whose updates are factored, payloads of the log instead, one a step. */
  readonly payloads: ReadonlyMap<string, readonly Uint8Array[]>;
}

/** A training graph at work. */
export interface Trainer {
  /** What is carried from step to step, as it is now. It stays where the runtime keeps it until somebody asks. */
  state(): Promise<CarriedTensors>;
  /** Runs consecutive steps in one call of ONNX Runtime. */
  run(steps: readonly PlannedStep[]): Promise<StepsDone>;
  /**
   * Goes on from another state.
   * @param examples with other weights, say; those that it was made with by default
   */
  restore(state: CarriedTensors, examples?: ExamplePool): void;
  release(): Promise<void>;
}

/**
 * Loads a training graph.
 * @param rows rows of a full batch, ghosts included
 */
export async function createTrainer(
  graph: TrainingGraph,
  pool: ExamplePool,
  rows: number,
  initial: CarriedTensors,
  runtime: Runtime,
): Promise<Trainer> {
  const passing = [...graph.carried, ...graph.subspaces];
  const session = await runtime.createSession(encodeModel(graph.model), {
    memoryPattern: false,
    onDevice: passing.map(({ output }) => output),
  });
  let state = givenState(initial);
  let examples = pool;

  /** Runs the graph. @returns the state after it, and what else came out */
  const run = async (feeds: Feeds): Promise<{ next: CarriedState; outputs: Record<string, Tensor> }> => {
    const byInput = <T>(values: Readonly<Record<string, T>>) =>
      Object.fromEntries(passing.map(({ input, output }) => [input, values[output]!]));
    if (session.runOnDevice) {
      const { left, read } = await session.runOnDevice(feeds);
      return { next: deviceState(byInput(left), runtime), outputs: read };
    }
    const outputs = await session.run(feeds);
    return { next: ownState(byInput(outputs)), outputs };
  };

  return {
    state: () => state.read(),
    run: async (steps) => {
      const batches = steps.map(rowsOf);
      const { feeds, indices } = await examples.select(batches);
      const { next, outputs } = await run({ ...state.feeds, ...feeds, ...stepInputs(steps, indices, rows) });
      const losses = outputs[TRAINING_INPUTS.losses]!.data as Float32Array;
      // A weight that is no number stays none: the last step's tell of all.
      const finite = [...losses, ...(outputs[TRAINING_INPUTS.sum]!.data as Float32Array)].every(Number.isFinite);
      const passed = finite ? state : next;
      passed.pass();
      if (finite) state = next;
      const deltas = graph.deltas.map(({ layer, output }) => [layer, outputs[output]!.data as Float32Array] as const);
      const payloads = graph.factors.map((factors) => [factors.layer, lowRankPayloads(outputs, factors)] as const);
      return { losses, finite, deltas: new Map(deltas), payloads: new Map(payloads) };
    },
    restore: (to, from = pool) => {
      state.pass();
      state = givenState(to);
      examples = from;
    },
    release: async () => {
      state.pass();
      await session.release();
    },
  };
}

function rowsOf({ examples, ghosts }: Batch): Int32Array {
  const rows = new Int32Array(examples.length + ghosts.length);
  rows.set(examples);
  rows.set(ghosts, examples.length);
  return rows;
}

function stepInputs(
  steps: readonly PlannedStep[],
  indices: readonly Int32Array[],
  rows: number,
): Record<string, Tensor> {
  const T = TRAINING_INPUTS;
  const padded = new BigInt64Array(steps.length * rows);
  indices.forEach((batch, i) => batch.forEach((index, row) => (padded[i * rows + row] = BigInt(index))));
  return {
    [T.steps]: int64([steps.length], []),
    [T.stepsBefore]: int64([steps[0]!.step - 1], []),
    [T.indices]: { type: 'int64', dims: [steps.length, rows], data: padded },
    [T.counts]: int64(steps.map(({ examples }) => examples.length)),
    [T.learningRates]: float32(steps.map(({ learningRate }) => learningRate)),
    [T.seeds]: int32(steps.map(({ seed }) => seed)),
  };
}
