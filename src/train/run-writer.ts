/**
 * The run directory while it is being written; Node only. What is safe grows in one order: the log's segment is sealed, then the
 * checkpoint is written, then the manifest that names both is replaced; a crash in between costs only what came since.
 */
import { NEWEST_LOWERINGS } from '../autodiff/conv/table.js';
import { placeOf } from '../data/remembered.js';
import type { LoggedLayer } from '../log/format/layer.js';
import type { StepRecord } from '../log/format/records.js';
import { openLogWriter, type LogWriter } from '../log/write/writer.js';
import { encodeModelFiles } from '../onnx/file.js';
import { withWeights } from '../onnx/with-weights.js';
import { runIdentity } from '../run/identity.js';
import type { RunLock } from '../run/run-lock.js';
import {
  RUN_FILES,
  RUN_FORMAT_VERSION,
  type EpochRecord,
  type FileRecord,
  type RunLayer,
  type RunManifest,
} from '../run/manifest.js';
import { droppedFrom, filesOf, recordOf, writeRunFile, type FileContent } from '../run/run-files.js';
import { sampleWeightsFile } from '../run/sample-weights.js';
import { writeManifest } from '../run/manifest-file.js';
import { openWritingPlace } from '../run/writing-place.js';
import { TOOL } from '../tool.js';
import { isAtChance } from './chance.js';
import { weightsIn, type CarriedTensors } from './carried-state.js';
import { checkpointAt, checkpointFiles } from './checkpoint.js';
import type { Evaluation } from './evaluation.js';
import { segmentSteps } from './schedule.js';
import type { Setup, TrainRequest } from './setup.js';
import type { StepsDone } from './trainer.js';

/** A run directory open for writing. */
export interface RunWriter {
  readonly manifest: RunManifest;
  /** What was dropped when the run was continued, in words for the user. */
  readonly warnings: readonly string[];
  /** Steps after which a segment of the log must be sealed. */
  readonly segmentSteps: number;
  /**
   * Takes the records and updates of some steps (the updates' buffers are transferred).
   * @param state the one after them, which is asked for where updates come factored
   */
  append(
    records: readonly StepRecord[],
    updates: Pick<StepsDone, 'deltas' | 'payloads'>,
    state: () => Promise<CarriedTensors>,
  ): Promise<void>;
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

/** What a run begins with. */
export interface Beginning {
  /** Identifier of the run; empty for one of the first format. */
  readonly run: string;
  /** The model before the first step, as files to write; nothing for a run that is continued. */
  readonly files: readonly FileContent[];
}

/** What a training's run begins with, from which its identifier follows. */
export function beginningOf(request: TrainRequest, setup: Setup): Beginning {
  const { model, train, test, input, options, resume, sampleWeights, runtime, lowerings = NEWEST_LOWERINGS } = request;
  if (resume) return { run: resume.run, files: [] };
  // The model last: where it is, all is there that a training continues from.
  const files = [
    ...(sampleWeights ? [sampleWeightsFile(sampleWeights)] : []),
    ...encodeModelFiles(RUN_FILES.initial, model),
  ];
  const run = runIdentity({
    initial: files.map(recordOf),
    data: [train.fingerprint, test?.fingerprint ?? null],
    input,
    options,
    layers: columnsOf(setup),
    threads: runtime.threads,
    lowerings,
    ...(runtime.provider === 'cpu' ? {} : { executionProvider: runtime.provider }),
  });
  return { run, files };
}

function columnsOf({ layers, untraced, dimsOf }: Setup): LoggedLayer[] {
  return [...layers, ...untraced].map(({ name, tensors }) => ({
    name,
    tensors: tensors.map((tensor) => ({ name: tensor, dims: dimsOf(tensor) })),
  }));
}

/**
 * Opens the run directory of a new or continued training.
 * @param lock of the directory, without which nothing is written
 * @param start the state before the first step to come
 */
export async function openRunWriter(
  request: TrainRequest,
  setup: Setup,
  beginning: Beginning,
  lock: Pick<RunLock, 'check'>,
  start: CarriedTensors,
): Promise<RunWriter> {
  const { runDirectory, options, model, resume } = request;
  const { run } = beginning;
  const carried = [...setup.graph.carried, ...setup.graph.subspaces];
  const columns = columnsOf(setup);
  const place = await openWritingPlace(runDirectory, lock, resume);
  const { folder } = place;
  const log = options.log ? await openLog(request, folder, setup, run, columns, start) : undefined;
  const described = [...setup.layers, ...setup.untraced].map(({ name, op, uses }, i): RunLayer => {
    const { rank } = setup.codecs.get(name)!;
    const { codec, codecVersion: version } = log!.layers[i]!;
    const codecVersion = version > 1 ? version : undefined;
    return { ...columns[i]!, op, codec, codecVersion, rank, uses: uses.length > 0 ? uses : undefined };
  });
  const segments = () => [...(log?.segments ?? [])];
  const files = resume?.files ?? beginning.files.map(recordOf);
  let manifest: RunManifest = { ...startManifest(request, setup, run, described), files, segments: segments() };
  const replace = async (next: RunManifest, dropped?: readonly string[]) => {
    await lock.check();
    await writeManifest(folder, next);
    await place.saved(next, dropped);
  };
  const save = async (changes: Partial<RunManifest>, dropped?: readonly string[]) => {
    manifest = { ...manifest, ...changes, segments: segments() };
    await replace(manifest, dropped);
  };
  // Progress on disk is that of the last checkpoint: only from there can a run be continued.
  let safe = manifest;
  // The manifest comes first: it says whose the files are.
  await save({});
  const write = (content: FileContent) => writeRunFile(folder, manifest, content);
  for (const content of beginning.files) await write(content);
  // What the manifest spoke of before it was there.
  await place.saved(manifest);

  /** @param announced files that come next, for the manifest to list in place of those that it has by their names */
  const checkpoint = async (step: number, state: CarriedTensors, announced: readonly FileRecord[] = []) => {
    await log?.seal();
    await lock.check();
    const earlier = manifest.checkpoints.filter((record) => record.step !== step);
    const written: FileRecord[] = [];
    for (const content of checkpointFiles(run, step, model, carried, state)) written.push(await write(content));
    const kept = [...earlier, checkpointAt(step)].slice(-options.keepCheckpoints);
    const before = manifest.files;
    const files = filesOf(run, kept, before, [...announced, ...written]);
    await save({ steps: step, checkpoints: kept, files }, droppedFrom(before, files));
    safe = manifest;
  };

  return {
    get manifest() {
      return manifest;
    },
    warnings: [...place.warnings, ...(log?.warnings ?? [])],
    segmentSteps: segmentSteps(options.checkpointEvery, setup.bytesPerStep),
    checkpoint,
    append: async (records, { deltas, payloads }, state) => {
      const { sum, steps } = manifest.epochLoss;
      const total = records.reduce((before, { loss }) => before + loss, sum);
      manifest = { ...manifest, epochLoss: { sum: total, steps: steps + records.length } };
      const weights = payloads.size === 0 ? new Map<string, Float32Array>() : factoredWeights(setup, await state());
      await log?.append(records, deltas, { payloads, weights });
    },
    seal: async () => {
      await log?.seal();
      safe = { ...safe, segments: segments() };
      await replace(safe);
    },
    endEpoch: (epoch, step, test) => {
      const { sum, steps } = manifest.epochLoss;
      // Scores may overflow on the test split alone; JSON has no word for NaN.
      const testLoss = test && Number.isFinite(test.loss) ? { testLoss: test.loss } : {};
      const results = test ? { ...testLoss, testAccuracy: test.accuracy } : {};
      const found = { epoch, step, trainLoss: sum / Math.max(1, steps), ...results };
      const record = isAtChance(found, options.sampler, setup.guessing) ? { ...found, atChance: true as const } : found;
      manifest = { ...manifest, epochs: [...manifest.epochs, record], epochLoss: { sum: 0, steps: 0 } };
      return record;
    },
    finish: async (step, state, status) => {
      const trained = encodeModelFiles(RUN_FILES.model, withWeights(model, weightsIn(state, carried)));
      await checkpoint(step, state, trained.map(recordOf));
      for (const content of trained) await write(content);
      await save({ status });
      await place.settle();
      return manifest;
    },
    close: async () => {
      // After a failure the log's own error would hide the first one.
      await log?.close().catch(() => undefined);
      await place.close();
    },
  };
}

function openLog(
  { resume, runtime }: TrainRequest,
  folder: string,
  setup: Setup,
  run: string,
  columns: readonly LoggedLayer[],
  start: CarriedTensors,
): Promise<LogWriter> {
  return openLogWriter(folder, {
    run,
    layers: columns,
    codec: ({ name }) => setup.codecs.get(name)!.codec,
    codecVersion: ({ name }) => setup.codecs.get(name)!.version,
    encoded: { runtime, weights: factoredWeights(setup, start) },
    // Segments end where the loop asks for it, so that where they end never depends on timing.
    segmentSteps: Number.MAX_SAFE_INTEGER,
    segmentBytes: Number.MAX_SAFE_INTEGER,
    threads: 1,
    resumeAfterStep: resume && (resume.checkpoints.at(-1)?.step ?? 0),
  });
}

/** The weights whose updates come factored, by column name. */
function factoredWeights({ graph, layers, codecs }: Setup, state: CarriedTensors): Map<string, Float32Array> {
  const inputs = new Map(graph.carried.map(({ name, input }) => [name, input]));
  return new Map(
    layers.flatMap(({ name, tensors }) =>
      codecs.get(name)?.rank === undefined ? [] : [[name, state[inputs.get(tensors[0]!)!]!.data as Float32Array]],
    ),
  );
}

function startManifest(
  { source, train, input, options, resume, runtime, runDirectory, lowerings = NEWEST_LOWERINGS }: TrainRequest,
  { layers, untraced }: Setup,
  run: string,
  columns: readonly RunLayer[],
): RunManifest {
  const { spec, fingerprint, length, shape, kind, channelsLast, classNames } = train;
  return {
    kind: 'run',
    // A run that is continued keeps its format.
    formatVersion: resume?.formatVersion ?? RUN_FORMAT_VERSION,
    run,
    tool: TOOL,
    runtime: runtime.name,
    threads: resume ? resume.threads : runtime.threads,
    lowerings: resume ? resume.lowerings : lowerings,
    executionProvider: runtime.provider === 'cpu' ? undefined : runtime.provider,
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
    // As they were: a resumed run's manifest is the one that it would have had.
    options: resume?.options ?? { ...options },
    seed: options.seed,
    layers: columns.slice(0, layers.length),
    untraced: untraced.length > 0 ? columns.slice(layers.length) : undefined,
    status: 'running',
    steps: resume?.steps ?? 0,
    epochs: resume?.epochs ?? [],
    epochLoss: resume?.epochLoss ?? { sum: 0, steps: 0 },
    checkpoints: resume?.checkpoints ?? [],
    segments: [],
    files: [],
  };
}
