/** What a training starts from, and what it works with from the first step to the last. */
import type { Classifier } from '../classifier/classifier.js';
import { takingPart } from '../data/corrections/taking-part.js';
import type { Dataset } from '../data/dataset.js';
import { scaleAndOffset } from '../data/normalization.js';
import { InputError, inPlace } from '../errors.js';
import { parametersOf } from '../graph/parameters.js';
import { nodesLeadingTo } from '../graph/reachable.js';
import { graphOf, type Model } from '../onnx/model.js';
import { valuesReadBy } from '../onnx/validate.js';
import { loggedColumns, type EpochRecord, type RunInput, type RunManifest } from '../run/manifest.js';
import type { Runtime } from '../runtime/runtime.js';
import { lowRankBytes } from '../log/codecs/lowrank.js';
import type { CodecName } from '../log/codecs/registry.js';
import { layerLayout, layerSize, type LoggedLayer } from '../log/format/layer.js';
import { guessing, type Guessing } from './chance.js';
import { checkRank, chooseCodecs, type ColumnCodec, type SizedColumn } from './codecs.js';
import { tracedColumns, untracedColumns, type LoggedWeights } from './columns.js';
import type { TrainOptions } from './options.js';
import { createPool, type ExamplePool } from './pool.js';
import { planEpoch, taskOf } from './schedule.js';
import { carriedBy } from './step.js';
import { buildTrainingGraph, type TrainingGraph, type TrainingGraphOptions } from './training-graph.js';
import type { Notice } from '../progress.js';

/** What a training computes with, wherever its updates go. */
export interface SetupRequest {
  /** The prepared model as it is written to files. */
  readonly model: Model;
  /** The same, opened for the training examples: what is computed with. */
  readonly classifier: Classifier;
  /** What messages call the model. */
  readonly source: { readonly path: string };
  readonly train: Dataset;
  /** Evaluated after each epoch. */
  readonly test?: Dataset | undefined;
  readonly input: RunInput;
  readonly options: TrainOptions;
  /** What the loss of each training example is multiplied by, [examples]; 1 by default. A resumed run is given its own. */
  readonly sampleWeights?: Float32Array | undefined;
  /**
   * Generation of the lowerings that a run was trained with, which is continued or trained again (`loweringsOfRun`);
   * the newest by default.
   */
  readonly lowerings?: number | undefined;
  /** Version of the codec `lowrank` that a new run is logged with; the newest by default. */
  readonly lowRankVersion?: number | undefined;
  /** The manifest of the run that is continued. */
  readonly resume?: RunManifest | undefined;
}

/** Everything a training that leaves a run directory starts from. */
export interface TrainRequest extends SetupRequest {
  /** Where the model came from, for the record. */
  readonly source: { readonly path: string; readonly sha256: string };
  /** An existing folder. A run that is in it is continued with `resume`, and else replaced. */
  readonly runDirectory: string;
  readonly runtime: Runtime;
  readonly onProgress?: (progress: TrainProgress) => void;
  readonly onNotice?: Notice | undefined;
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

/** What stays fixed during a training. */
export interface Setup {
  readonly graph: TrainingGraph;
  readonly graphOptions: TrainingGraphOptions;
  readonly pool: ExamplePool;
  readonly testPool: ExamplePool | undefined;
  /** Columns of the log: traceable layers, … */
  readonly layers: readonly LoggedWeights[];
  /** … and all else of the model that a step changes; none where the log is of chosen layers only. */
  readonly untraced: readonly LoggedWeights[];
  /** How the updates of each column are stored, by its name. */
  readonly codecs: ReadonlyMap<string, ColumnCodec>;
  readonly classes: number;
  /** Rows of a full batch, ghosts included. */
  readonly rows: number;
  /** Bytes of updates a step brings out. */
  readonly bytesPerStep: number;
  readonly dimsOf: (weight: string) => readonly number[];
  /** How well guessing does on these data. */
  readonly guessing: Guessing;
}

/**
 * Builds the training graph and everything around it.
 * @param fallen columns whose updates could not be factored at some rank to within the tolerance, and that rank
 * @throws InputError when options, model and data do not fit together
 */
export async function setUp(request: SetupRequest, fallen?: ReadonlyMap<string, number>): Promise<Setup> {
  const { model, classifier, source, train, test, options, input } = request;
  const { values, classes } = classifier;
  const learnt = takingPart(train);
  const pool = createPool(train, classifier, request.sampleWeights);
  // An epoch that cannot be planned (too many ghosts) must fail before anything is written.
  planEpoch(options, taskOf(train, classes), 0, 1);
  const parameters = trainedParameters(model, classifier);
  if (parameters.length === 0) throw new InputError(`${source.path}: the model has no weights to train`);
  const layers = options.log ? tracedColumns(model, options.layers, parameters) : [];
  const carried = carriedBy(classifier, { parameters, optimizer: options.optimizer }).flatMap(
    ({ weight }) => weight ?? [],
  );
  const untraced = logsAll(request) ? untracedColumns(model, carried, layers) : [];
  const dimsOf = (weight: string) => values.of(weight).dims as number[];
  const columns = [...layers, ...untraced].map((column): SizedColumn => {
    const { name, tensors, matrix } = column;
    const meetsPlaces = matrix !== undefined && values.of(matrix.input).dims.length > 2;
    const logged = { name, tensors: tensors.map((tensor) => ({ name: tensor, dims: dimsOf(tensor) })) };
    return { ...column, logged, meetsPlaces };
  });
  if (options.log && options.rank !== undefined) checkRank(columns, options.rank);
  const facts = { fallen, version: request.lowRankVersion };
  const codecs = request.resume ? codecsOf(request.resume) : chooseCodecs(columns, options, parameters, facts);
  const { normalization } = input;
  const graphOptions: TrainingGraphOptions = {
    ...options,
    storedType: pool.storedType,
    normalization: normalization && scaleAndOffset(normalization, train.shape.length === 3 ? train.shape[0]! : 1),
    parameters,
    lowerings: request.lowerings,
    layers: columns.map((column) => {
      const { rank, version } = codecs.get(column.name)!;
      return { ...column, rank, version };
    }),
  };
  const graph = await inPlace(source.path, () => buildTrainingGraph(classifier, graphOptions));
  return {
    graph,
    graphOptions,
    pool,
    testPool: test && createPool(test, classifier),
    layers,
    untraced,
    codecs,
    classes,
    rows: options.sampler === 'single-instance' ? 1 + options.ghostSize : options.batchSize,
    bytesPerStep: columns.reduce((sum, { logged }) => sum + bytesOf(logged, codecs.get(logged.name)), 0),
    dimsOf,
    guessing: guessing({
      loss: options.loss,
      labels: learnt.map((index) => train.labels[index]!),
      weights: Float32Array.from(learnt, (index) => pool.sampleWeights[index]!),
      testLabels: test?.labels,
      classes,
    }),
  };
}

/** The codecs that a run began with. */
function codecsOf(run: RunManifest): Map<string, ColumnCodec> {
  return new Map(
    loggedColumns(run).map(({ name, codec, codecVersion: version = 1, rank }) => [
      name,
      { codec: codec as CodecName, rank, version },
    ]),
  );
}

/** Bytes that a step's update of a column comes out of the graph with. */
function bytesOf(logged: LoggedLayer, chosen: ColumnCodec | undefined): number {
  return chosen?.rank === undefined ? 4 * layerSize(logged) : lowRankBytes(chosen.rank, layerLayout(logged));
}

/** Whether the log is of all that a step changes. A run of an earlier build goes on with the columns that it began with. */
function logsAll({ options, resume }: Pick<SetupRequest, 'options' | 'resume'>): boolean {
  return options.log && options.layers === undefined && (!resume || resume.untraced !== undefined);
}

/**
 * The parameters that the class scores depend on. Those of auxiliary outputs have no gradient, and stay as they are.
 * @param written the classifier's model with all steps written out, whose layers say which weights are parameters
 */
export function trainedParameters(written: Model, { model, scores }: Pick<Classifier, 'model' | 'scores'>): string[] {
  const read = new Set(nodesLeadingTo(graphOf(model).node, [scores]).flatMap(valuesReadBy));
  return parametersOf(graphOf(written)).filter((name) => read.has(name));
}
