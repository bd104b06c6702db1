/**
 * The run directory while it is being written; Node only. What is safe grows in one order: the log's segment is sealed, then the
 * checkpoint is written, then the manifest that names both is replaced; a crash in between costs only what came since.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { placeOf } from '../data/remembered.js';
import type { LoggedLayer } from '../log/format/layer.js';
import type { StepRecord } from '../log/format/records.js';
import { openLogWriter, type LogWriter } from '../log/write/writer.js';
import { writeModelFile } from '../onnx/file.js';
import {
  RUN_FILES,
  RUN_FORMAT_VERSION,
  writeManifest,
  type EpochRecord,
  type RunLayer,
  type RunManifest,
} from '../run/manifest.js';
import { TOOL } from '../tool.js';
import { weightsIn, withWeights, writeCheckpoint, type CarriedTensors } from './checkpoint.js';
import type { Evaluation } from './evaluation.js';
import { segmentSteps } from './schedule.js';
import type { Setup, TrainRequest } from './setup.js';

/** A run directory open for writing. */
export interface RunWriter {
  readonly manifest: RunManifest;
  /** What was dropped when the run was continued, in words for the user. */
  readonly warnings: readonly string[];
  /** Steps after which a segment of the log must be sealed. */
  readonly segmentSteps: number;
  /** Takes the records and updates of some steps (the updates' buffers are transferred). */
  append(records: readonly StepRecord[], deltas: ReadonlyMap<string, Float32Array>): Promise<void>;
  /** Ends a segment of the log. */
  seal(): Promise<void>;
  /** Makes everything up to a step safe. */
  checkpoint(step: number, state: CarriedTensors): Promise<void>;
  /** Records the end of an epoch (from 1); it is safe with the next checkpoint. */
  endEpoch(epoch: number, step: number, test: Evaluation | undefined): EpochRecord;
  /** Writes the trained model and the last manifest. */
  finish(step: number, state: CarriedTensors, status: RunManifest['status']): Promise<RunManifest>;
  /** Ends the log's threads. Safe after a failure. */
  close(): Promise<void>;
}

/** Opens the run directory of a new or continued training. */
export async function openRunWriter(request: TrainRequest, setup: Setup): Promise<RunWriter> {
  const { runDirectory, options, model, resume } = request;
  const { carried } = setup.graph;
  const layers = setup.layers.map(({ name, weight, bias }) => ({
    name,
    tensors: [weight, ...(bias === undefined ? [] : [bias])].map((tensor) => ({
      name: tensor,
      dims: setup.dimsOf(tensor),
    })),
  }));
  const log = options.log ? await openLog(request, layers) : undefined;
  const runLayers = layers.map((layer, i): RunLayer => {
    const { op, uses } = setup.layers[i]!;
    return { ...layer, op, codec: log!.layers[i]!.codec, ...(uses.length > 0 ? { uses } : {}) };
  });
  const segments = () => [...(log?.segments ?? [])];
  let manifest: RunManifest = { ...startManifest(request, runLayers), segments: segments() };
  const save = async (changes: Partial<RunManifest>) => {
    manifest = { ...manifest, ...changes, segments: segments() };
    await writeManifest(runDirectory, manifest);
  };
  // Progress on disk is that of the last checkpoint: only from there can a run be continued.
  let safe = manifest;
  if (!resume) await writeModelFile(join(runDirectory, RUN_FILES.initial), model);
  await save({});

  const checkpoint = async (step: number, state: CarriedTensors) => {
    await log?.seal();
    const earlier = manifest.checkpoints.filter((record) => record.step !== step);
    const record = await writeCheckpoint(runDirectory, step, model, carried, state);
    const kept = [...earlier, record].slice(-options.keepCheckpoints);
    await save({ steps: step, checkpoints: kept });
    safe = manifest;
    for (const old of earlier.filter((candidate) => !kept.includes(candidate))) {
      for (const file of [old.model, old.state]) await rm(join(runDirectory, file), { force: true });
    }
  };

  return {
    get manifest() {
      return manifest;
    },
    warnings: log?.warnings ?? [],
    segmentSteps: segmentSteps(options.checkpointEvery, setup.bytesPerStep),
    checkpoint,
    append: async (records, deltas) => {
      const { sum, steps } = manifest.epochLoss;
      const total = records.reduce((before, { loss }) => before + loss, sum);
      manifest = { ...manifest, epochLoss: { sum: total, steps: steps + records.length } };
      await log?.append(records, deltas);
    },
    seal: async () => {
      await log?.seal();
      safe = { ...safe, segments: segments() };
      await writeManifest(runDirectory, safe);
    },
    endEpoch: (epoch, step, test) => {
      const { sum, steps } = manifest.epochLoss;
      // Scores may overflow on the test split alone; JSON has no word for what is no number.
      const testLoss = test && Number.isFinite(test.loss) ? { testLoss: test.loss } : {};
      const results = test ? { ...testLoss, testAccuracy: test.accuracy } : {};
      const record = { epoch, step, trainLoss: sum / Math.max(1, steps), ...results };
      manifest = { ...manifest, epochs: [...manifest.epochs, record], epochLoss: { sum: 0, steps: 0 } };
      return record;
    },
    finish: async (step, state, status) => {
      await checkpoint(step, state);
      const trained = withWeights(model, weightsIn(state, carried));
      await writeModelFile(join(runDirectory, RUN_FILES.model), trained);
      await save({ status });
      return manifest;
    },
    close: async () => {
      // After a failure the log's own error would hide the first one.
      await log?.close().catch(() => undefined);
    },
  };
}

function openLog({ runDirectory, options, resume }: TrainRequest, layers: readonly LoggedLayer[]): Promise<LogWriter> {
  return openLogWriter(runDirectory, {
    layers,
    codec: options.codec,
    // Segments end where the loop asks for it, so that where they end never depends on timing.
    segmentSteps: Number.MAX_SAFE_INTEGER,
    segmentBytes: Number.MAX_SAFE_INTEGER,
    threads: 1,
    ...(resume ? { resumeAfterStep: resume.checkpoints.at(-1)?.step ?? 0 } : {}),
  });
}

function startManifest(
  { source, train, input, options, resume, runtime, runDirectory }: TrainRequest,
  layers: readonly RunLayer[],
): RunManifest {
  const { spec, fingerprint, length, shape, kind, channelsLast, classNames } = train;
  return {
    kind: 'run',
    formatVersion: RUN_FORMAT_VERSION,
    tool: TOOL,
    runtime: runtime.name,
    model: source,
    data: {
      spec,
      ...placeOf(train, runDirectory),
      fingerprint,
      examples: length,
      shape,
      kind,
      channelsLast,
      classNames,
    },
    input,
    options: { ...options },
    seed: options.seed,
    layers,
    status: 'running',
    steps: resume?.steps ?? 0,
    epochs: resume?.epochs ?? [],
    epochLoss: resume?.epochLoss ?? { sum: 0, steps: 0 },
    checkpoints: resume?.checkpoints ?? [],
    segments: [],
  };
}
