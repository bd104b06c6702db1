/** The derivative of a step at work: batches, states and cotangents in, gradients out. */
import type { Classifier } from '../classifier/classifier.js';
import { encodeModel } from '../onnx/codec.js';
import type { Runtime } from '../runtime/runtime.js';
import { float32, float64, int32, int64, type Tensor } from '../tensor.js';
import type { CarriedTensors } from '../train/carried-state.js';
import type { ExamplePool } from '../train/pool.js';
import type { PlannedStep } from '../train/trainer.js';
import type { TrainingGraphOptions } from '../train/training-graph.js';
import { TRAINING_INPUTS } from '../train/training-inputs.js';
import { buildStepBack, STEP_BACK, type Derivatives, type TensorBack } from './step-back.js';

/** For each carried tensor, by its place, a tensor [queries, …]; undefined stands for zeros. */
export type PerTensor = readonly (Tensor | undefined)[];

/** Gradients to what a step started from. */
export interface Pulled {
  /** Gradients to what the step was given; undefined for a tensor whose gradient nobody wanted. */
  readonly gradients: PerTensor;
  /** Gradients to the weights of the batch's examples, [queries, examples], row-major; empty beside `parts`. */
  readonly rows: Float32Array;
  /** The parts of each group of weights that is taken apart by rows: [queries, examples, ghosts and 1], row-major. */
  readonly parts: readonly Float32Array[];
}

/** A step that is differentiated. */
export interface DifferentiatedStep {
  /** In the order of the training graph's `carried`. */
  readonly tensors: readonly TensorBack[];
  /**
   * Pulls cotangents of a step's outcome back to what it started from.
   * @param state before the step
   * @param cotangents of what was after the step, for one or more queries; as many for all tensors of a product
   */
  pull(step: PlannedStep, state: CarriedTensors, cotangents: PerTensor): Promise<Pulled>;
  release(): Promise<void>;
}

/** What is needed to differentiate a step. */
export interface DifferentiatedStepRequest {
  readonly classifier: Classifier;
  readonly options: TrainingGraphOptions;
  readonly pool: ExamplePool;
  readonly runtime: Runtime;
  readonly derivatives?: Derivatives | undefined;
}

/**
 * Differentiates the steps of a training.
 * @throws InputError listing the operators that cannot be differentiated once more
 */
export async function openDifferentiatedStep(request: DifferentiatedStepRequest): Promise<DifferentiatedStep> {
  const { classifier, options, pool, runtime, derivatives } = request;
  const { model, tensors } = await buildStepBack(classifier, options, runtime, derivatives);
  const session = await runtime.createSession(encodeModel(model), { memoryPattern: false });
  const declared = new Set(session.inputs.map(({ name }) => name));
  const partsOf = derivatives?.partsOf;
  const T = TRAINING_INPUTS;
  const N = STEP_BACK;
  return {
    tensors,
    pull: async (step, state, cotangents) => {
      const { examples, ghosts } = step;
      const rows = Int32Array.from([...examples, ...ghosts]);
      const { feeds, indices } = await pool.select([rows]);
      const [batch] = indices;
      const inputs: Record<string, Tensor> = {
        [T.pool]: feeds[T.pool]!,
        [T.labels]: feeds[T.labels]!,
        [N.examples]: int64(batch!.subarray(0, examples.length)),
        [N.ghosts]: int64(batch!.subarray(examples.length)),
        [N.weights]: float32(Float32Array.from(examples, (index) => pool.sampleWeights[index]!)),
        [N.learningRate]: float32([step.learningRate], []),
        [N.seed]: int32([step.seed], []),
        [N.step]: float64([step.step], []),
      };
      const queries = tensors.reduce(
        (found, { product }, i) => (cotangents[i] ? found.set(product, cotangents[i].dims[0]!) : found),
        new Map<number, number>(),
      );
      tensors.forEach(({ before, product, cotangent, dims }, i) => {
        inputs[before] = state[carriedName(i)]!;
        // A Scan takes at least one: products that nobody asks for have one of zeros.
        if (cotangent !== undefined) inputs[cotangent] = cotangents[i] ?? zeros([queries.get(product) ?? 1, ...dims]);
      });
      const outputs = await session.run(
        Object.fromEntries(Object.entries(inputs).filter(([name]) => declared.has(name))),
      );
      return {
        gradients: tensors.map(({ gradient }) => (gradient === undefined ? undefined : outputs[gradient])),
        rows: partsOf ? new Float32Array() : (outputs[N.rows]!.data as Float32Array),
        parts: partsOf?.map((_, i) => outputs[N.parts(i)]!.data as Float32Array) ?? [],
      };
    },
    release: () => session.release(),
  };
}

/** Under which name a state has a tensor, by its place. */
const carriedName = (place: number) => `training/carried_${place}`;

function zeros(dims: readonly number[]): Tensor {
  return float32(new Float32Array(dims.reduce((product, size) => product * size, 1)), dims);
}
