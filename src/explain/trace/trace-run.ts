/** Traces inputs through a run directory (Node only). */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../../data/dataset.js';
import { exampleDims } from '../../data/example-shape.js';
import type { Input } from '../../data/input.js';
import { normalize } from '../../data/normalization.js';
import { InputError } from '../../errors.js';
import { channelsFirst, takesChannelsLast } from '../../graph/channels-first.js';
import { findLayers, traceableLayers } from '../../graph/layers.js';
import { openLog } from '../../log/read/reader.js';
import { elementTypeName } from '../../onnx/element-type.js';
import { readModelFile, type ModelFile } from '../../onnx/file.js';
import { feedsOf, graphOf, toNumber, type Model } from '../../onnx/model.js';
import { schemaVersion, sign } from '../../results/header.js';
import type { TraceResult } from '../../results/trace.js';
import { readManifest, RUN_FILES, type RunManifest } from '../../run/manifest.js';
import type { Runtime } from '../../runtime/runtime.js';
import { float32, float64, int32, int64, type ElementType, type Tensor } from '../../tensor.js';
import { TOOL } from '../../tool.js';
import { trace, TRACE_DEFAULTS, type TraceInput, type TraceOptions, type TraceProgress } from './trace.js';

/** What of a run is explained, and how. */
export interface TraceRunOptions extends Partial<TraceOptions> {
  /** By node name, weight name or number among the run's layers; all unless told. */
  readonly layers?: readonly string[] | undefined;
}

/** What a trace of a run needs besides the run. */
export interface TraceRunContext {
  readonly runtime: Runtime;
  /** The training split that the run was trained on: its labels are needed, its pixels are not. */
  readonly data: Pick<Dataset, 'spec' | 'fingerprint' | 'labels'>;
  readonly onProgress?: (progress: TraceProgress) => void;
  /** Takes what was found amiss in the log and passed over. */
  readonly onNotice?: (line: string) => void;
  /** Most steps that are read at once; as many as a few megabytes hold unless told. */
  readonly chunkSteps?: number;
  /** Threads that decode the log of large layers ahead; as many as there are cores unless told. */
  readonly decodeThreads?: number | undefined;
}

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
  const { runtime, data, onProgress, onNotice } = context;
  const manifest = await readManifest(runDirectory);
  checkData(runDirectory, manifest, data);
  if (manifest.layers.length === 0) {
    throw new InputError(`${runDirectory}: the run was trained without a log; train it again with one`);
  }
  const initial = await readModelFile(join(runDirectory, RUN_FILES.initial));
  const trained = await lastModel(runDirectory, manifest);
  const model = takesChannelsLast(trained.model, manifest.data.shape) ? channelsFirst(trained.model) : trained.model;
  const log = await openLog(runDirectory, { layers: manifest.layers, segments: manifest.segments });
  for (const warning of log.warnings) onNotice?.(warning);

  const { layers: wanted, ...given } = options;
  const settings: TraceOptions = { ...TRACE_DEFAULTS, ...given };
  const { classNames } = manifest.data;
  const queries = await trace({
    runtime,
    initial: initial.model,
    trained: model,
    log,
    lastStep: manifest.steps,
    layers: chooseLayers(runDirectory, model, manifest, wanted),
    labels: data.labels,
    classNames,
    inputs: inputs.map((input) => traceInput(input, model, manifest)),
    options: settings,
    onProgress,
    chunkSteps: context.chunkSteps,
    decodeThreads: context.decodeThreads ?? availableParallelism(),
  });
  return {
    kind: 'trace',
    schemaVersion,
    tool: TOOL,
    model: { path: trained.path, sha256: trained.sha256 },
    data: { spec: manifest.data.spec, fingerprint: manifest.data.fingerprint },
    options: {
      run: runDirectory,
      layer: wanted ? [...wanted] : null,
      similarity: settings.similarity,
      reference: settings.reference,
      'top-k': settings.topK,
      bandwidth: bandwidthText(settings.bandwidth),
      steps: settings.steps,
      seed: manifest.seed,
    },
    sign,
    classNames,
    queries,
  };
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

/** The last weights that are on the disk: the trained model's, or the last checkpoint's. */
async function lastModel(runDirectory: string, { status, checkpoints }: RunManifest): Promise<ModelFile> {
  if (status !== 'running') return readModelFile(join(runDirectory, RUN_FILES.model));
  const last = checkpoints.at(-1);
  if (!last) throw new InputError(`${runDirectory}: no checkpoint was written yet; resume the training, then trace`);
  return readModelFile(join(runDirectory, last.model));
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

function traceInput(input: Input, model: Model, { input: how, data }: RunManifest): TraceInput {
  const [feed] = feedsOf(graphOf(model));
  const wanted = feed!.type?.tensorType?.shape?.dim?.slice(1).map(({ dimValue }) => toNumber(dimValue) || null);
  const dims = wanted ? exampleDims(input.name, input.shape, wanted) : input.shape;
  // A run on whole numbers (tokens) has no normalization, whatever type they are stored in.
  const values =
    how.normalization || input.data instanceof Float32Array
      ? normalize(input.data, input.shape, how.normalization)
      : Float32Array.from(input.data);
  const type = elementTypeName(feed!.type?.tensorType?.elemType ?? 0);
  // Names that differ mean another data set, whose numbers of classes mean nothing here.
  const known = input.label !== undefined && input.classNames?.join('\n') === data.classNames.join('\n');
  return {
    name: input.name,
    feeds: { [feed!.name]: ofType(type, values, [1, ...dims]) },
    ...(known ? { truth: input.label } : {}),
  };
}

/** Data sets hold bytes and floats; a model may take whole numbers (tokens) or doubles. */
const FEEDS: Readonly<Partial<Record<ElementType, (values: Float32Array, dims: readonly number[]) => Tensor>>> = {
  float64,
  int32,
  int64,
};

function ofType(type: ElementType | undefined, values: Float32Array, dims: readonly number[]): Tensor {
  return ((type && FEEDS[type]) ?? float32)(values, dims);
}
