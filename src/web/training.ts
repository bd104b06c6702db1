/** Training without files: the same graph, steps and updates as a run directory is made by, kept in memory. */
import { openForTraining } from '../train/open-for-training.js';
import type { OpenedClassifier } from '../classifier/open.js';
import { asFed } from '../classifier/feeds.js';
import type { Dataset } from '../data/dataset.js';
import type { Input } from '../data/input.js';
import { recordNormalization } from '../data/model-normalization.js';
import type { Preprocessing } from '../data/preprocessing.js';
import { withDefaults } from '../defaults.js';
import { InputError } from '../errors.js';
import { drawReferences } from '../explain/trace/draw-references.js';
import { trace, TRACE_DEFAULTS, type TraceOptions } from '../explain/trace/trace.js';
import { requireFreeBatch } from '../graph/batch.js';
import { traceableLayers } from '../graph/layers.js';
import { graphOf, type Model } from '../onnx/model.js';
import { withWeights } from '../onnx/with-weights.js';
import type { Notice, Progress } from '../progress.js';
import type { InfluenceOptions } from '../explain/influence/influence.js';
import type { InfluenceQuery } from '../results/influence.js';
import type { TraceQuery } from '../results/trace.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Tensor } from '../tensor.js';
import { initialState, weightsIn } from '../train/carried-state.js';
import { createEvaluator, type Evaluation, type Evaluator } from '../train/evaluation.js';
import { checkOptions, TRAIN_DEFAULTS, type TrainOptions } from '../train/options.js';
import { completeOptions } from '../train/sampler-defaults.js';
import { planEpoch, taskOf } from '../train/schedule.js';
import { setUp, type Setup, type SetupRequest } from '../train/setup.js';
import { recordsOf } from '../train/step-records.js';
import { createTrainer } from '../train/trainer.js';
import { influenceOf } from './influence.js';
import { openMemoryLog } from './memory-log.js';

/** How a model is trained in memory: as in a run, but for what says how updates and checkpoints lie on a disk. */
export type MemoryTrainOptions = Omit<
  TrainOptions,
  'codec' | 'rank' | 'codecTolerance' | 'checkpointEvery' | 'keepCheckpoints'
>;

/** A model, what it is trained on, and how. */
export interface MemoryTrainRequest {
  readonly runtime: Runtime;
  readonly model: Model;
  readonly train: Dataset;
  /** Evaluated where that is asked for, and where traces draw the inputs that they contrast with. */
  readonly test?: Dataset | undefined;
  /** How pixels become the input; by default as the model's metadata say. */
  readonly preprocessing?: Pick<Preprocessing, 'mean' | 'std'> | undefined;
  /** Where they are left out, those of `TRAIN_DEFAULTS`, or what follows from sampler and model; `log: false` keeps no updates. */
  readonly options?: Partial<MemoryTrainOptions> | undefined;
  /** What the loss of each training example is multiplied by, `[examples]`; 1 by default. */
  readonly sampleWeights?: Float32Array | undefined;
  /** Bytes that the updates may take in all, and states of past steps where influence goes back over them; a gigabyte by default. */
  readonly memory?: number | undefined;
  readonly onNotice?: Notice | undefined;
}

/** A training that goes on step by step. Await each call before the next one; `release` it when done. */
export interface MemoryTraining {
  /** The model as it was opened, with the weights before training. */
  readonly classifier: OpenedClassifier;
  readonly options: TrainOptions;
  /** How many steps all epochs have. */
  readonly totalSteps: number;
  /** How many of them were run. */
  readonly stepsDone: number;
  /** Loss of each step that was run, before its update. */
  readonly losses: readonly number[];
  /**
   * Runs the next steps, at most as many as are left.
   * @returns their losses
   * @throws InputError when the loss or a weight is no longer a number; these steps then count as not run
   */
  run(steps: number): Promise<readonly number[]>;
  /** The model with its weights as they are now, in inference form: ready for `encodeModel`. */
  model(): Promise<Model>;
  /** Loss and accuracy on the test split as the weights are now; undefined without one. */
  evaluate(): Promise<Evaluation | undefined>;
  /**
   * Explains inputs by the steps so far: at each layer γ by class, the training examples and steps that made most of it, and with
   * `steps: true` γ of each step.
   * @param inputs of the shape of the training examples
   * @returns one entry for each, with its layers in the model's order
   * @throws InputError before the first step, or where no updates are kept
   */
  trace(inputs: readonly Input[], options?: Partial<TraceOptions>): Promise<TraceQuery[]>;
  /**
   * What would change about decisions without single training examples: runs the steps so far once more, and goes back over them,
   * which takes a few times as long as they took.
   * @param inputs of the shape of the training examples
   * @param onProgress is told of the steps that are run again, then, under the method's name, of those that are gone back over
   * @throws InputError before the first step, and for options that do not fit
   */
  influence(
    inputs: readonly Input[],
    options?: Partial<InfluenceOptions>,
    onProgress?: Progress,
  ): Promise<readonly InfluenceQuery[]>;
  release(): Promise<void>;
}

const MEMORY = 2 ** 30;

/** In the place of a file, in messages. */
const MODEL = 'the model';

/**
 * Opens a training in memory; nothing is computed of it yet.
 * @throws InputError when options, model and data do not fit together, or the updates would take more than `memory`
 */
export async function openTraining(request: MemoryTrainRequest): Promise<MemoryTraining> {
  const { runtime, model: given, train, test, preprocessing, sampleWeights, memory = MEMORY, onNotice } = request;
  const interfaceOptions = withDefaults<Omit<TrainOptions, 'ghostSize'>>(TRAIN_DEFAULTS, request.options ?? {});
  const how = { preprocessing, rollsUp: false };
  const classifier = await openForTraining(given, MODEL, { runtime, options: interfaceOptions, onNotice }, train, how);
  const { prepared, normalization } = classifier;
  requireFreeBatch(prepared);
  const options = completeOptions(
    { ...request.options, codec: 'float32' },
    {
      classes: train.classNames.length,
      hasBatchNorm: graphOf(prepared).node.some(({ opType }) => opType === 'BatchNormalization'),
    },
  );
  checkOptions(options);
  const isNormalized = train.elementType === 'uint8' && normalization !== undefined;
  if (isNormalized) recordNormalization(prepared, normalization);
  const input = isNormalized ? { normalization } : {};
  const work = { model: prepared, classifier, source: { path: MODEL }, train, test, input, options, sampleWeights };
  const setup = await setUp(work);
  const task = taskOf(train, setup.classes);
  const totalSteps = options.epochs * planEpoch(options, task, 0, 1).length;
  checkMemory(setup.bytesPerStep * totalSteps, memory);
  return atWork({ ...work, runtime, memory }, classifier, setup, totalSteps);
}

function checkMemory(needed: number, memory: number): void {
  if (needed <= memory) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`;
  throw new InputError(
    `the updates of all steps would take ${megabytes(needed)}, more than \`memory\` ${megabytes(memory)}; ` +
      'train for fewer `epochs`, name fewer `layers`, or set `log` to false',
  );
}

async function atWork(
  work: SetupRequest & { readonly runtime: Runtime; readonly memory: number },
  classifier: OpenedClassifier,
  setup: Setup,
  totalSteps: number,
): Promise<MemoryTraining> {
  const { runtime, train, test, sampleWeights, options, memory } = work;
  const { graph, graphOptions, pool, testPool, rows, layers, dimsOf } = setup;
  const task = taskOf(train, setup.classes);
  const trainer = await createTrainer(graph, pool, rows, initialState(classifier.model, graph.carried), runtime);
  const log = openMemoryLog(
    layers.map(({ name, tensors }) => ({ name, tensors: tensors.map((tensor) => ({ name: tensor, dims: dimsOf(tensor) })) })), // prettier-ignore
  );
  const losses: number[] = [];
  const perEpoch = totalSteps / options.epochs;
  let planned = { epoch: -1, steps: planEpoch(options, task, 0, 1) };
  let evaluator: Evaluator | undefined;

  const planOf = (epoch: number) => {
    if (planned.epoch !== epoch) planned = { epoch, steps: planEpoch(options, task, epoch, epoch * perEpoch + 1) };
    return planned.steps;
  };
  const mustHaveSteps = () => {
    if (losses.length === 0)
      throw new InputError('no step was run yet, so there is nothing to go back over; `run` some');
  };
  const weights = async (): Promise<Record<string, Tensor>> => weightsIn(await trainer.state(), graph.carried);
  const traced = layers.flatMap((entry, i) => {
    const uses = [entry.name, ...entry.uses];
    return traceableLayers(graphOf(classifier.model))
      .filter(({ name }) => uses.includes(name))
      .map((layer) => ({ layer, logged: log.layers[i]! }));
  });

  return {
    classifier,
    options,
    totalSteps,
    losses,
    get stepsDone() {
      return losses.length;
    },
    run: async (count) => {
      const end = Math.min(losses.length + Math.max(0, Math.floor(count)), totalSteps);
      const before = losses.length;
      while (losses.length < end) {
        const epoch = Math.floor(losses.length / perEpoch);
        const batch = planOf(epoch).slice(losses.length - epoch * perEpoch, end - epoch * perEpoch);
        const done = await trainer.run(batch);
        if (!done.finite) {
          throw new InputError(
            `a loss or weight is no longer a number between steps ${batch[0]!.step} and ${batch.at(-1)!.step}; ` +
              'lower `learningRate` or set `clipNorm`',
          );
        }
        if (options.log) log.append(recordsOf(batch, epoch, done.losses), done.deltas);
        losses.push(...done.losses);
      }
      return losses.slice(before);
    },
    model: async () => withWeights(classifier.prepared, await weights()),
    evaluate: async () => {
      if (!testPool) return undefined;
      const changing = graph.carried.flatMap(({ weight }) => weight ?? []);
      evaluator ??= await createEvaluator(classifier, testPool, changing, graphOptions, runtime);
      return evaluator.evaluate(await weights());
    },
    trace: async (inputs, asked = {}) => {
      if (!options.log)
        throw new InputError('`log` is false, so that no updates were kept that a trace could go through');
      mustHaveSteps();
      const settings = withDefaults(TRACE_DEFAULTS, asked);
      const fed = (data: Input['data'], what: string) => asFed(classifier, data, train.shape, what);
      const drawn = test && settings.references > 0 ? await drawReferences(test, settings.references, options.seed) : undefined; // prettier-ignore
      return trace({
        runtime,
        initial: classifier.model,
        trained: { ...classifier, model: withWeights(classifier.model, await weights()) },
        log,
        lastStep: losses.length,
        layers: traced,
        labels: train.labels,
        sampleWeights,
        classNames: train.classNames,
        inputs: inputs.map((each) => ({ ...each, x: asFed(classifier, each.data, each.shape, each.name) })),
        references: drawn?.data.map((data) => fed(data, 'a reference input')),
        options: settings,
      });
    },
    influence: async (inputs, asked = {}, onProgress = undefined) => {
      mustHaveSteps();
      return influenceOf({ ...work, steps: losses.length }, inputs, asked, memory, onProgress);
    },
    release: async () => {
      await trainer.release();
      await evaluator?.release();
    },
  };
}
