/**
 * Training with tracing: runs the training graph over the planned steps, hands every update to the log, evaluates after
 * each epoch, and leaves a run directory that explanations and a resumed training can start from.
 */
import type { Dataset } from '../data/dataset.js';
import { scaleAndOffset } from '../data/normalization.js';
import { InputError, inPlace } from '../errors.js';
import { channelsFirst, takesChannelsLast } from '../graph/channels-first.js';
import { findLayers, traceableLayers, type TraceableLayer } from '../graph/layers.js';
import { parametersOf } from '../graph/parameters.js';
import { nodesLeadingTo } from '../graph/reachable.js';
import { scoresOf } from '../graph/scores.js';
import { inferValues, type Values } from '../graph/values.js';
import type { StepRecord } from '../log/records.js';
import { feedsOf, graphOf, type Model } from '../onnx/model.js';
import { valuesReadBy } from '../onnx/validate.js';
import { clearRun, sweepRun } from '../run/clean.js';
import { lockRun } from '../run/lock.js';
import type { EpochRecord, RunInput, RunManifest } from '../run/manifest.js';
import type { Runtime } from '../runtime/runtime.js';
import { elementCount } from '../tensor.js';
import { initialState, readCheckpoint, weightsIn } from './checkpoint.js';
import { createEvaluator, type Evaluator } from './evaluation.js';
import { checkOptions, type TrainOptions } from './options.js';
import { openRunWriter, type RunWriter } from './run-writer.js';
import { createPool, type ExamplePool } from './pool.js';
import { callSize, nextBoundary, planEpoch } from './schedule.js';
import { createTrainer, type PlannedStep, type Trainer } from './trainer.js';
import { buildTrainingGraph, classesOf, type TrainingGraph, type TrainingGraphOptions } from './training-graph.js';

/** Everything a training starts from. */
export interface TrainRequest {
  /** The model, prepared for training (see `graph/prepare.ts`). */
  readonly model: Model;
  /** Where the model came from, for the record. */
  readonly source: { readonly path: string; readonly sha256: string };
  readonly train: Dataset;
  /** Evaluated after each epoch. */
  readonly test?: Dataset | undefined;
  readonly input: RunInput;
  readonly options: TrainOptions;
  /** An existing folder. A run that is in it is continued with `resume`, and else replaced. */
  readonly runDirectory: string;
  /** The manifest of the run that is continued. */
  readonly resume?: RunManifest | undefined;
  readonly runtime: Runtime;
  readonly onProgress?: (progress: TrainProgress) => void;
  readonly onNotice?: (line: string) => void;
}

/** How far a training is. */
export interface TrainProgress {
  readonly step: number;
  readonly totalSteps: number;
  /** From 1. */
  readonly epoch: number;
  /** Loss of the last step. */
  readonly loss: number;
  /** Set when an epoch has just been evaluated. */
  readonly finished?: EpochRecord;
}

/**
 * Trains a model.
 * @returns the run's final manifest
 * @throws InputError when options, model and data do not fit together, when the loss or a weight is no longer a number
 *   (what came before is kept), or when the run directory is in use
 */
export async function train(given: TrainRequest): Promise<RunManifest> {
  const { options, runDirectory, runtime, source } = given;
  checkOptions(options);
  // What is computed with takes the data as they lie; what is written keeps the interface of the model that was given.
  const request = { ...given, model: takingChannelsFirst(given.model, given.train.shape) };
  const { model } = request;
  const values = await inPlace(source.path, () => inferValues(model, runtime, exampleDimsFor(model, request.train)));
  const setup = await prepare(request, values);
  const unlock = await lockRun(runDirectory);
  let trainer: Trainer | undefined;
  let evaluator: Evaluator | undefined;
  let run: RunWriter | undefined;
  try {
    const start = request.resume?.checkpoints.at(-1);
    const initial = initialState(model, setup.graph.carried);
    const state = start ? await readCheckpoint(runDirectory, start, setup.graph.carried) : initial;
    trainer = await createTrainer(setup.graph, setup.pool, setup.rows, state, runtime);
    evaluator = setup.testPool && (await makeEvaluator(request, setup, values));
    // Only now, when nothing about the request can be wrong any more, is anything removed.
    if (request.resume) await sweepRun(runDirectory, request.resume.checkpoints);
    else await clearRun(runDirectory);
    run = await openRunWriter(given, setup);
    for (const warning of run.warnings) request.onNotice?.(warning);
    return await runSteps(request, setup, trainer, evaluator, run);
  } finally {
    await run?.close();
    await trainer?.release();
    await evaluator?.release();
    await unlock();
  }
}

/** A traceable layer whose updates are logged, and further nodes that apply the same weight and bias. */
export interface TrainedLayer extends TraceableLayer {
  readonly uses: readonly string[];
}

/** What stays fixed during a training. */
export interface Setup {
  readonly graph: TrainingGraph;
  readonly graphOptions: TrainingGraphOptions;
  readonly pool: ExamplePool;
  readonly testPool: ExamplePool | undefined;
  readonly layers: readonly TrainedLayer[];
  readonly classes: number;
  /** Rows of a full batch, ghosts included. */
  readonly rows: number;
  /** Bytes of updates a step brings out. */
  readonly bytesPerStep: number;
  readonly dimsOf: (weight: string) => readonly number[];
}

async function prepare({ model, source, train, test, options, input }: TrainRequest, values: Values): Promise<Setup> {
  const classes = await inPlace(source.path, () => classesOf(model, values));
  const exampleDims = values.of(feedsOf(graphOf(model))[0]!.name).dims.slice(1);
  const pool = createPool(train, exampleDims, classes);
  const labelClasses = classes === 1 ? 2 : classes;
  // An epoch that cannot be planned (too many ghosts) must fail before anything is written.
  planEpoch(options, { labels: train.labels, classes: labelClasses }, 0, 1);
  const parameters = trainedParameters(model);
  if (parameters.length === 0) throw new InputError(`${source.path}: the model has no weights to train`);
  const layers = options.log ? chooseLayers(model, options.layers, parameters) : [];
  const { normalization } = input;
  const graphOptions: TrainingGraphOptions = {
    ...options,
    storedType: pool.storedType,
    normalization: normalization && scaleAndOffset(normalization, train.shape.length === 3 ? train.shape[0]! : 1),
    parameters,
    layers: layers.map((layer) => ({ name: layer.name, tensors: tensorsOf(layer) })),
  };
  const graph = await inPlace(source.path, () => buildTrainingGraph(model, values, graphOptions));
  const dimsOf = (weight: string) => values.of(weight).dims as number[];
  const elements = layers.flatMap(tensorsOf).reduce((sum, tensor) => sum + elementCount(dimsOf(tensor)), 0);
  return {
    graph,
    graphOptions,
    pool,
    testPool: test && createPool(test, exampleDims, classes),
    layers,
    classes: labelClasses,
    rows: options.sampler === 'single-instance' ? 1 + options.ghostSize : options.batchSize,
    bytesPerStep: 4 * elements,
    dimsOf,
  };
}

function takingChannelsFirst(model: Model, shape: readonly number[]): Model {
  return takesChannelsLast(model, shape) ? channelsFirst(model) : model;
}

/** The parameters that the class scores depend on. Those of auxiliary outputs have no gradient, and stay as they are. */
export function trainedParameters(model: Model): string[] {
  const graph = graphOf(model);
  const read = new Set(nodesLeadingTo(graph.node, [scoresOf(model)]).flatMap(valuesReadBy));
  return parametersOf(graph).filter((name) => read.has(name));
}

/** Where the model leaves dimensions of its input open, the data's stand in. */
function exampleDimsFor(model: Model, data: Dataset): Record<string, readonly number[]> {
  const feeds = feedsOf(graphOf(model));
  if (feeds.length !== 1) {
    const names = feeds.map(({ name }) => name).join(', ');
    throw new InputError(`the model has ${feeds.length} inputs (${names}); training takes models with one`);
  }
  return { [feeds[0]!.name]: data.shape };
}

const tensorsOf = ({ weight, bias }: TraceableLayer) => (bias === undefined ? [weight] : [weight, bias]);

function chooseLayers(
  model: Model,
  wanted: readonly string[] | undefined,
  parameters: readonly string[],
): TrainedLayer[] {
  const trained = new Set(parameters);
  const all = traceableLayers(graphOf(model)).filter(({ weight }) => trained.has(weight));
  // A frozen bias does not change, so there is nothing of it to log.
  const layers = all.map((layer) =>
    layer.bias !== undefined && !trained.has(layer.bias) ? { ...layer, bias: undefined } : layer,
  );
  return shareUpdates(wanted ? findLayers(layers, wanted) : layers);
}

/** Layers with the same weight and bias have one update, which is logged once, under the name of the first. */
function shareUpdates(layers: readonly TraceableLayer[]): TrainedLayer[] {
  const byTensors = new Map<string, TrainedLayer>();
  for (const layer of layers) {
    const key = JSON.stringify(tensorsOf(layer));
    const first = byTensors.get(key);
    byTensors.set(key, first ? { ...first, uses: [...first.uses, layer.name] } : { ...layer, uses: [] });
  }
  return [...byTensors.values()];
}

async function makeEvaluator({ model, runtime }: TrainRequest, setup: Setup, values: Values): Promise<Evaluator> {
  const changing = setup.graph.carried.flatMap(({ weight }) => weight ?? []);
  return createEvaluator(model, values, setup.testPool!, changing, setup.graphOptions, runtime);
}

async function runSteps(
  request: TrainRequest,
  setup: Setup,
  trainer: Trainer,
  evaluator: Evaluator | undefined,
  run: RunWriter,
): Promise<RunManifest> {
  const { options, train: data, onProgress } = request;
  const task = { labels: data.labels, classes: setup.classes };
  const size = callSize(setup.bytesPerStep);
  let done = run.manifest.steps;
  let firstStep = 1;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const steps = planEpoch(options, task, epoch, firstStep);
    const lastStep = firstStep + steps.length - 1;
    const totalSteps = steps.length * options.epochs;
    while (done < lastStep) {
      const boundary = nextBoundary(done, [options.checkpointEvery, run.segmentSteps], lastStep);
      const count = Math.min(size.next(), boundary - done);
      const batch = steps.slice(done - firstStep + 1, done - firstStep + 1 + count);
      const started = performance.now();
      const result = await trainer.run(batch);
      size.record(count, (performance.now() - started) / 1000);
      if (!result.finite) throw await keepUntil(request, trainer, run, batch, epoch);
      await run.append(recordsOf(batch, epoch, result.losses), result.deltas);
      done += count;
      if (done % options.checkpointEvery === 0) await run.checkpoint(done, trainer.state);
      else if (done % run.segmentSteps === 0) await run.seal();
      onProgress?.({ step: done, totalSteps, epoch: epoch + 1, loss: result.losses.at(-1)! });
    }
    if (!run.manifest.epochs.some((record) => record.epoch === epoch + 1)) {
      const weights = weightsIn(trainer.state, setup.graph.carried);
      const finished = run.endEpoch(epoch + 1, done, await evaluator?.evaluate(weights));
      onProgress?.({ step: done, totalSteps, epoch: epoch + 1, loss: finished.trainLoss, finished });
    }
    firstStep = lastStep + 1;
  }
  return run.finish(done, trainer.state, 'finished');
}

function recordsOf(steps: readonly PlannedStep[], epoch: number, losses: Float32Array): StepRecord[] {
  return steps.map(({ step, learningRate, examples, ghosts, label }, i) => ({
    step,
    epoch,
    learningRate,
    loss: losses[i]!,
    examples: [...examples],
    ghosts: [...ghosts],
    ...(label < 0 ? {} : { class: label }),
  }));
}

/**
 * Ends a training that diverges within some steps, which have been tried in vain: they are run again one by one, and
 * those before the one that diverges are kept.
 * @returns the error to throw
 */
async function keepUntil(
  { runDirectory }: TrainRequest,
  trainer: Trainer,
  run: RunWriter,
  steps: readonly PlannedStep[],
  epoch: number,
): Promise<InputError> {
  for (const step of steps) {
    const { losses, deltas, finite } = await trainer.run([step]);
    if (!finite) {
      const what = Number.isFinite(losses[0]) ? 'an updated weight' : 'the loss';
      const kept = step.step - 1;
      await run.finish(kept, trainer.state, 'diverged');
      return new InputError(
        `${runDirectory}: ${what} is no longer a number at step ${step.step} (epoch ${epoch + 1}); the log and the model up to step ${kept} are kept; lower --lr or set --clip-norm`,
      );
    }
    await run.append(recordsOf([step], epoch, losses), deltas);
  }
  throw new Error('internal: steps that diverge together do not diverge one by one');
}
