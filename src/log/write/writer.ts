/** Writes a delta log while training runs: encoding, compression and disk belong to other threads. */
import { basename } from '../../storage/paths.js';
import { chooseCodec, codecOf, codecs, type CodecChoice, type CodecName } from '../codecs/registry.js';
import type { LayerColumn } from '../format/descriptors.js';
import { FRAME_OVERHEAD } from '../format/frame.js';
import { layerFiles, layerLayout, layerSize, type LoggedLayer } from '../format/layer.js';
import { DELTA_OVERHEAD, type StepRecord } from '../format/records.js';
import type { SegmentPlace } from './column-writer.js';
import { keepThrough } from './resume.js';
import {
  beginSegment,
  describeSegment,
  sealSegment,
  segmentPath,
  STEPS,
  type SealedSegment,
} from '../format/segment.js';
import type { Runtime } from '../../runtime/runtime.js';
import { openLedger } from './ledger.js';
import { comesEncoded, startWriterThreads, stepFrames, takeBatch, type LoggedSteps } from './writer-threads.js';

/** The layers that are logged, their codecs, and how large segments and queue may grow. */
export interface LogWriterOptions {
  /** Identifier of the run, which every record then carries; without one, the first version of the format is written. */
  readonly run?: string;
  readonly layers: readonly LoggedLayer[];
  /** A choice for every layer, or the codec of each; `auto` by default. */
  readonly codec?: CodecChoice | ((layer: LoggedLayer) => CodecName);
  /** Version of a layer's codec, of a log that an earlier build began; the newest by default. */
  readonly codecVersion?: ((layer: LoggedLayer) => number | undefined) | undefined;
  /** A segment is sealed once it has this many steps (1000 by default). */
  readonly segmentSteps?: number;
  /**
   * … or may have this many bytes, counted by the most that its records can take, so that where segments end depends on
   * nothing but the steps. 1 GiB by default, or more where the residuals that end a segment would else weigh much.
   */
  readonly segmentBytes?: number;
  /** Threads that encode and write; never more than layers. All cores but one by default. */
  readonly threads?: number;
  /** `append` waits while more than this many bytes of deltas are on their way (256 MiB by default). */
  readonly queueBytes?: number;
  /**
   * Continue the log in `runDirectory` after this step, which must be the last of a segment (every checkpoint is); what
   * follows it is dropped. 0 begins again. Without it there must be no log.
   */
  readonly resumeAfterStep?: number;
  /** What is needed where layers have the codec `lowrank`, whose updates come encoded. */
  readonly encoded?: {
    /** Adds the updates up. */
    readonly runtime: Runtime;
    /** For each of these layers by name, its weight before the first step to come; it is kept, not copied. */
    readonly weights: ReadonlyMap<string, Float32Array>;
  };
  /** Told of each segment that is sealed, in order; the writer waits for the promise before it goes on. */
  readonly onSeal?: (segment: SealedSegment) => void | Promise<void>;
}

/** A log that is being written. Every method fails with the same error once a thread has failed. */
export interface LogWriter {
  /** What is logged, where and how. */
  readonly layers: readonly LayerColumn[];
  /** Sealed segments, kept ones among them. */
  readonly segments: readonly SealedSegment[];
  /** What was dropped when the log was continued, in words for the user. */
  readonly warnings: readonly string[];
  /** The last step appended; 0 for none. */
  readonly lastStep: number;
  /**
   * Takes the records of some steps. Resolves when the queue has room again, mostly at once; a segment that is being
   * sealed does not hold it up.
   * @param steps records, numbered on from the last one appended
   * @param deltas for each layer by name, the updates W^(t) − W^(t−1) of those steps stacked, [steps, size]; the
   *   difference of the weights as they are stored, so that the log adds up to the trained weights. Their buffers are
   *   transferred: they are empty afterwards
   * @param encoded of the layers whose updates come encoded, in place of deltas
   * @throws InputError when the disk refused an earlier write, or an update is not finite
   */
  append(
    steps: readonly StepRecord[],
    deltas: ReadonlyMap<string, Float32Array>,
    encoded?: EncodedUpdates,
  ): Promise<void>;
  /**
   * Ends the current segment: everything appended is on the disk when it resolves.
   * @returns the segment that holds the last step appended; undefined when there is none
   */
  seal(): Promise<SealedSegment | undefined>;
  /** Seals, and ends the threads. After a failure it ends the threads and throws it. */
  close(): Promise<void>;
}

/** Updates in the form of their codec, by layer name. */
export interface EncodedUpdates {
  /** A payload a step. */
  readonly payloads: ReadonlyMap<string, readonly Uint8Array[]>;
  /** The layer's weight after the last of the steps: kept until the next, and not copied. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

const DEFAULTS = { segmentSteps: 1000, segmentBytes: 2 ** 30, queueBytes: 2 ** 28 };

/** By default, a segment may hold this many times the bytes of the residuals that end it. */
const RECORDS_PER_RESIDUAL = 16;

/**
 * Opens a run's log for writing.
 * @throws InputError when there is a log already and nothing is said of resuming; or when it cannot be continued after
 *   the given step: it does not reach that far in whole segments, a segment straddles it, or it holds other layers
 */
export async function openLogWriter(runDirectory: string, options: LogWriterOptions): Promise<LogWriter> {
  const columns = describeLayers(options);
  const costs = costsOf(columns);
  const { run = '', segmentSteps = DEFAULTS.segmentSteps, queueBytes = DEFAULTS.queueBytes } = options;
  const { segmentBytes = Math.max(DEFAULTS.segmentBytes, RECORDS_PER_RESIDUAL * costs.residual) } = options;

  const { kept, warnings } = await keepThrough(runDirectory, options.resumeAfterStep, run, columns);
  const segments = kept.map(({ directory, seal }) => describeSegment(basename(directory), seal));
  const lastKept = kept.at(-1);
  const resumed = lastKept && {
    directory: lastKept.directory,
    run,
    segment: lastKept.seal.segment,
    step: lastKept.seal.lastStep,
  };
  const threads = await startWriterThreads(columns, options.threads, resumed);
  const ledger = await openLedger(columns.filter(comesEncoded), options.encoded);

  let lastStep = resumed?.step ?? 0;
  let current: (SegmentPlace & { firstStep: number; lastStep: number; bytes: number }) | undefined;
  let written: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;
  let closed = false;

  /** Batches and seals reach the threads in the order in which they were asked for. */
  let turn = Promise.resolve();
  async function inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = turn.then(() => {
      if (failure) throw failure.error;
      return action();
    });
    turn = result.then(() => undefined, fail);
    return result;
  }

  let bytesOnTheirWay = 0;
  let waiting: (() => void)[] = [];
  function wake(): void {
    const all = waiting;
    waiting = [];
    for (const resume of all) resume();
  }

  function fail(error: unknown): void {
    failure ??= { error };
    wake();
  }

  function check(): void {
    if (failure) throw failure.error;
    if (closed) throw new Error('the log writer is closed');
  }

  async function beginAt(firstStep: number) {
    const segment = segments.length;
    const directory = segmentPath(runDirectory, segment);
    const place = { directory, run, segment };
    await beginSegment(directory, { run, segment, firstStep, layers: columns });
    await threads.begin(place);
    return { ...place, firstStep, lastStep: firstStep - 1, bytes: 0 };
  }

  async function send(batch: LoggedSteps): Promise<void> {
    current ??= await beginAt(batch.firstStep);
    current.lastStep = batch.lastStep;
    const steps = stepFrames(batch.records, current);
    current.bytes += steps.bytes.length + costs.step * batch.records.length;
    // Not awaited: the next batch goes to the threads while they are at this one.
    written = threads.append(batch, steps);
    void written.catch(fail).finally(() => {
      bytesOnTheirWay -= batch.bytes;
      if (bytesOnTheirWay <= queueBytes) wake();
    });
    if (batch.lastStep - current.firstStep + 1 >= segmentSteps || current.bytes >= segmentBytes) await endSegment();
  }

  async function endSegment(): Promise<void> {
    if (!current) return;
    const { directory, firstStep, lastStep } = current;
    await written;
    const residuals = await ledger.close(current, segments.at(-1) && segmentPath(runDirectory, segments.length - 1));
    const index = new Map((await threads.seal(lastStep, residuals)).map((column) => [column.file, column]));
    const ordered = [STEPS, ...columns.map(({ file }) => file)].map((file) => index.get(file)!);
    const seal = { run, segment: segments.length, firstStep, lastStep, columns: ordered };
    await sealSegment(directory, seal);
    const description = describeSegment(basename(directory), seal);
    segments.push(description);
    current = undefined;
    await options.onSeal?.(description);
  }

  return {
    layers: columns,
    segments,
    warnings,
    get lastStep() {
      return lastStep;
    },
    async append(steps, deltas, encoded) {
      check();
      if (steps.length === 0) return;
      const batch = takeBatch(steps, deltas, encoded?.payloads ?? new Map(), columns, lastStep + 1);
      lastStep = batch.lastStep;
      bytesOnTheirWay += batch.bytes;
      inTurn(() => {
        if (encoded) ledger.reach(encoded.weights);
        return send(batch);
      }).catch(fail);
      while (bytesOnTheirWay > queueBytes && !failure) await new Promise<void>((resolve) => waiting.push(resolve));
      check();
    },
    async seal() {
      check();
      await inTurn(endSegment);
      return segments.at(-1);
    },
    async close() {
      if (closed) return;
      closed = true;
      try {
        await inTurn(endSegment);
      } finally {
        await threads.stop();
        await ledger.release();
      }
    },
  };
}

function describeLayers({ layers, codec = 'auto', codecVersion }: LogWriterOptions): LayerColumn[] {
  const files = layerFiles(layers.map(({ name }) => name));
  return layers.map((layer, i) => {
    const newest = codecs[typeof codec === 'function' ? codec(layer) : chooseCodec(codec, layer)];
    const chosen = codecOf(newest.name, codecVersion?.(layer) ?? newest.version);
    const { name, tensors } = layer;
    return { name, tensors, file: files[i]!, codec: chosen.name, codecVersion: chosen.version };
  });
}

/** Most bytes that the deltas of one step can take, and bytes of the residuals that end a segment. */
function costsOf(columns: readonly LayerColumn[]): { step: number; residual: number } {
  let step = 0;
  let residual = 0;
  for (const column of columns) {
    const codec = codecOf(column.codec, column.codecVersion);
    step += codec.maxBytes(layerLayout(column)) + DELTA_OVERHEAD + FRAME_OVERHEAD;
    if (!codec.lossless) residual += 4 * layerSize(column);
  }
  return { step, residual };
}
