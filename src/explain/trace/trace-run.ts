/** Traces inputs through a run directory (Node only). */
import { join } from '../../storage/paths.js';
import type { Classifier } from '../../classifier/classifier.js';
import { examine } from '../../classifier/examine.js';
import { asFed } from '../../classifier/feeds.js';
import { openClassifier } from '../../classifier/open.js';
import type { Dataset } from '../../data/dataset.js';
import { withOrigins } from '../../data/example-origin.js';
import type { Input } from '../../data/input.js';
import { InputError, inPlace } from '../../errors.js';
import { findLayers, traceableLayers } from '../../graph/layers.js';
import { openLog } from '../../log/read/reader.js';
import { readModelFile } from '../../onnx/file.js';
import { graphOf, type Model } from '../../onnx/model.js';
import { accuracyOfRun } from '../../results/accuracy.js';
import { assembleResult } from '../../results/assemble.js';
import type { FeatureMap } from '../../results/feature-map.js';
import type { TraceLayer, TraceQuery, TraceResult } from '../../results/trace.js';
import { loggedColumns, RUN_FILES, type RunManifest } from '../../run/manifest.js';
import { checkRunFiles, recordsOf } from '../../run/run-files.js';
import { readSampleWeights } from '../../run/sample-weights.js';
import { readManifest } from '../../run/manifest-file.js';
import type { Runtime } from '../../runtime/runtime.js';
import { openMeasurePool, type MeasurePool } from './measure/pool.js';
import { drawReferences, type ReferenceData } from './draw-references.js';
import type { ExampleGammas } from './example-gammas.js';
import { trace, TRACE_DEFAULTS, type TraceInput, type TraceOptions } from './trace.js';
import { trainingOf } from './time/training.js';
import { WHOLE, type Division } from '../../shards/division.js';
import { hashOf } from '../../shards/hash.js';
import { withDefaults } from '../../defaults.js';
import type { Reporting } from '../../progress.js';

/** What of a run is explained, and how. */
export interface TraceRunOptions extends Partial<TraceOptions> {
  /** By node name, weight name or number among the run's layers; all by default. */
  readonly layers?: readonly string[] | undefined;
}

/** What a trace of a run needs besides the run. */
export interface TraceRunContext extends Reporting {
  readonly runtime: Runtime;
  /** The training split that the run was trained on: its labels are needed, its pixels are not. */
  readonly data: Pick<Dataset, 'spec' | 'fingerprint' | 'labels' | 'origin'>;
  /**
   * Where reference inputs are drawn from: a split that no step used, if there is one, since the batches of a training
   * example would stand against every input. Without it nothing is contrasted.
   */
  readonly references?: ReferenceData | undefined;
  /** Makes a map of the inputs and of training examples, those that are listed among them. */
  readonly map?:
    ((classifier: Classifier, queries: readonly TraceQuery[]) => Promise<FeatureMap | undefined>) | undefined;
  /** γ of single examples, where something splits batches exactly. */
  readonly exact?: ExampleGammas | undefined;
  /** Most steps that are read at once; as many as a few megabytes hold by default. */
  readonly chunkSteps?: number;
  /** Which parts of the log are read here; all of it by default. */
  readonly division?: Division | undefined;
  /**
   * Threads that read the log and compute with it, at most eight; as many as `runtime` has by default. With 0, or where `runtime`
   * is not on the processor, the calling thread does.
   */
  readonly decodeThreads?: number | undefined;
}

/** Each takes memory of its own, and what the log is read from is soon slower than they are. */
const MOST_THREADS = 8;

/**
 * Explains inputs by the training steps of a run: up to its last step, or to its last checkpoint while it is not finished.
 * @param inputs examples as they are stored or read; the run's own normalization makes them what the model takes
 * @throws InputError when the folder is no run with a log, the data are not the run's, a layer does not exist, or an
 *   input does not fit
 */
export async function traceRun(
  runDirectory: string,
  inputs: readonly Input[],
  options: TraceRunOptions,
  context: TraceRunContext,
): Promise<TraceResult> {
  const { runtime, data } = context;
  const manifest = await readManifest(runDirectory);
  checkData(runDirectory, manifest, data);
  if (loggedColumns(manifest).length === 0) {
    throw new InputError(`${runDirectory}: the run was trained without a log; train it again with one`);
  }
  if (manifest.layers.length === 0) {
    throw new InputError(
      `${runDirectory}: its model has no traceable layers, so there is nothing that a trace could show`,
    );
  }
  const last = lastModel(runDirectory, manifest);
  const records = recordsOf(manifest, [RUN_FILES.initial, last]);
  await checkRunFiles(runDirectory, records);
  // The threads load ONNX Runtime while the models are read.
  const threads = Math.min(context.decodeThreads ?? runtime.threads, MOST_THREADS);
  const isMeasured = threads > 0 && runtime.provider === 'cpu' && context.division?.kind !== 'merge';
  const pool = isMeasured ? openMeasurePool(threads) : undefined;
  try {
    const checksum = records.find(({ path }) => path === last)?.sha256;
    return await traceModels(runDirectory, manifest, { path: last, checksum }, inputs, options, context, pool);
  } finally {
    await pool?.stop();
  }
}

/** @param last the weights that are explained: their path in the run directory, and the checksum that was compared */
async function traceModels(
  runDirectory: string,
  manifest: RunManifest,
  last: { readonly path: string; readonly checksum: string | undefined },
  inputs: readonly Input[],
  options: TraceRunOptions,
  context: TraceRunContext,
  pool: MeasurePool | undefined,
): Promise<TraceResult> {
  const { runtime, data, division = WHOLE, onProgress, onNotice } = context;
  const initial = await readModelFile(join(runDirectory, RUN_FILES.initial));
  const trained = await readModelFile(join(runDirectory, last.path));
  const opened = await openClassifier(trained.model, {
    runtime,
    form: manifest.data,
    classes: manifest.data.classNames.length,
    inputShape: manifest.options.inputShape,
    output: manifest.options.output,
    at: manifest.options.at,
    isPrepared: true,
    keepWeights: true,
  });
  // A run on whole numbers (tokens) has no normalization, whatever type they are stored in.
  const fed = { ...opened, normalization: manifest.input.normalization };
  const explained = inputs.map((input) => ({ ...input, x: asFed(fed, input.data, input.shape, input.name) }));
  const classifier = await asTrained(fed, explained, context);
  division.madeFrom({
    run: [manifest.run, manifest.steps, trained.sha256].join(' '),
    'training data': data.fingerprint,
    input: hashOf(explained.map(({ x }) => x)),
  });
  const log = await openLog(runDirectory, manifest);
  for (const warning of log.warnings) onNotice?.(warning);

  const { layers: wanted, ...given } = options;
  const settings: TraceOptions = withDefaults(TRACE_DEFAULTS, given);
  const { classNames } = manifest.data;
  checkSplit(settings, context);
  const drawn =
    context.references && settings.references > 0
      ? await drawReferences(context.references, settings.references, manifest.seed)
      : undefined;
  let split: TraceResult['split'] = 'batch';
  const exact: ExampleGammas | undefined = context.exact && {
    of: async (asked) => {
      const found = await context.exact!.of(asked);
      if (found) split = 'exact';
      return found;
    },
  };
  const queries = await inPlace(runDirectory, async () =>
    trace({
      runtime,
      initial: initial.model,
      trained: classifier,
      log,
      lastStep: manifest.steps,
      layers: chooseLayers(runDirectory, classifier.model, manifest, wanted),
      labels: data.labels,
      sampleWeights: await readSampleWeights(runDirectory, manifest),
      classNames,
      inputs: explained,
      references: drawn?.data.map((data) => asFed(fed, data, drawn.shape, 'a reference input')),
      exact,
      options: settings,
      onProgress,
      chunkSteps: context.chunkSteps,
      pool,
      division,
    }),
  );
  return assembleResult('trace', {
    model: { path: trained.path, sha256: last.checksum ?? trained.sha256 },
    data: { spec: manifest.data.spec, fingerprint: manifest.data.fingerprint },
    options: {
      run: runDirectory,
      layer: wanted ? [...wanted] : null,
      similarity: settings.similarity,
      reference: settings.reference,
      'top-k': settings.topK,
      bandwidth: bandwidthText(settings.bandwidth),
      steps: settings.steps,
      contrast: settings.contrast && drawn !== undefined,
      references: drawn?.indices.length ?? 0,
      seed: manifest.seed,
    },
    accuracy: accuracyOfRun(manifest, context.references),
    classNames,
    split,
    references: drawn && { split: drawn.split, indices: [...drawn.indices], origins: [...drawn.origins] },
    training: await trainingOf(log, manifest, queries),
    queries: queries.map((query) => ({ ...query, layers: query.layers.map((layer) => filed(layer, data)) })),
    map: await context.map?.(classifier, queries),
  });
}

/** @throws InputError when examples are split exactly and something else than γ is to rank them */
function checkSplit({ similarity }: TraceOptions, { exact }: TraceRunContext): void {
  if (!exact || similarity === 'dot') return;
  throw new InputError(
    `\`similarity\` ${similarity}: an exact split gives γ, and no cosine of examples; leave it at dot`,
  );
}

/** A layer whose examples say their files. */
function filed(layer: TraceLayer, data: TraceRunContext['data']): TraceLayer {
  return { ...layer, examples: withOrigins(layer.examples, data), opponents: withOrigins(layer.opponents, data) };
}

/** A model without a recognised end may give probabilities, which training took the logarithms of: inputs show it. */
async function asTrained(
  classifier: Classifier,
  inputs: readonly TraceInput[],
  { runtime }: TraceRunContext,
): Promise<Classifier> {
  if (classifier.activation !== 'none') return classifier;
  const xs = inputs.map(({ x }) => x);
  return (await examine(classifier, xs, runtime)).classifier;
}

/** A bandwidth as `--bandwidth` takes it: a factor as a number, a width as `absolute:0.05`. */
function bandwidthText(bandwidth: TraceOptions['bandwidth']): number | string {
  return 'factor' in bandwidth ? bandwidth.factor : `absolute:${bandwidth.width}`;
}

function checkData(runDirectory: string, { data }: RunManifest, given: TraceRunContext['data']): void {
  if (given.fingerprint === data.fingerprint && given.labels.length === data.examples) return;
  throw new InputError(
    `${given.spec}: not the data that ${runDirectory} was trained on (${data.spec}, ${data.examples} examples); ` +
      'restore them, or give them with `data`',
  );
}

/** Path in the run directory of the last weights that are on the disk: the trained model, or the last checkpoint. */
function lastModel(runDirectory: string, { status, checkpoints }: RunManifest): string {
  if (status !== 'running') return RUN_FILES.model;
  const last = checkpoints.at(-1);
  if (!last) throw new InputError(`${runDirectory}: no checkpoint was written yet; resume the training, then trace`);
  return last.model;
}

/** The run's layers as the model has them, numbered as `inspect` numbers them. */
function chooseLayers(
  runDirectory: string,
  model: Model,
  { layers }: RunManifest,
  wanted: readonly string[] | undefined,
) {
  const traceable = traceableLayers(graphOf(model));
  const logged = layers.flatMap((entry, index) =>
    [entry.name, ...(entry.uses ?? [])].map((use) => {
      const layer = traceable.find(({ name }) => name === use);
      if (layer?.weight !== entry.tensors[0]?.name) {
        throw new InputError(
          `${runDirectory}: the model has no traceable layer "${use}", which the log holds; restore both from one copy`,
        );
      }
      return { ...layer!, index };
    }),
  );
  const chosen = wanted ? findLayers(logged, wanted) : logged;
  // Back to the model's own numbers, by which a trace is ordered.
  return chosen.map((layer) => ({
    layer: traceable.find(({ name }) => name === layer.name)!,
    logged: layers[layer.index]!,
  }));
}
