/** The threads behind a log writer: who owns which layers, and what is sent to them. */
import { availableParallelism } from 'node:os';
import { codecOf } from '../codecs/registry.js';
import type { LayerUpdates, SegmentPlace, StepFrames } from './column-writer.js';
import { originOf, type ColumnIndex, type LayerColumn } from '../format/descriptors.js';
import { encodeFrame } from '../format/frame.js';
import { layerSize } from '../format/layer.js';
import { encodeStep, type StepRecord } from '../format/records.js';
import { STEPS } from '../format/segment.js';
import { startWorker, type WorkerCalls } from '../worker-call.js';
import type { ResumedSegment, WriterRequest, WriterResult } from './writer-protocol.js';

/** Some steps on their way into the log. */
export interface LoggedSteps {
  readonly firstStep: number;
  readonly lastStep: number;
  readonly records: readonly StepRecord[];
  /** By layer name; buffers that nothing else uses. */
  readonly updates: ReadonlyMap<string, LayerUpdates>;
  /** Bytes of the updates. */
  readonly bytes: number;
}

/** The threads that encode and write, each the columns of its own layers. */
export interface WriterThreads {
  /** Opens the columns' files in a new segment's folder. */
  begin(segment: SegmentPlace): Promise<void>;
  /** Sends a batch, whose buffers go over; resolves when it is encoded and handed to the operating system. */
  append(batch: LoggedSteps, steps: StepFrames): Promise<void>;
  /**
   * Makes the segment durable.
   * @param residuals of the layers whose updates come encoded, by their files
   * @returns the index of each column, in no order
   */
  seal(lastStep: number, residuals: ReadonlyMap<string, Float32Array>): Promise<ColumnIndex[]>;
  stop(): Promise<void>;
}

interface Thread {
  readonly calls: WorkerCalls<WriterRequest, WriterResult>;
  readonly columns: readonly LayerColumn[];
  readonly steps: boolean;
}

/**
 * Starts the threads and divides the layers among them by size.
 * @param count how many at most; all cores but one by default
 * @param resumed the last kept segment of a log that is continued
 * @throws InputError when its residuals cannot be read
 */
export async function startWriterThreads(
  columns: readonly LayerColumn[],
  count = Math.max(1, availableParallelism() - 1),
  resumed?: ResumedSegment,
): Promise<WriterThreads> {
  const shares = divide(columns, Math.max(1, Math.min(count, columns.length)));
  const threads = shares.map<Thread>((share, i) => ({
    calls: startWorker<WriterRequest, WriterResult>(new URL('./writer-thread.js', import.meta.url)),
    columns: share,
    // The last share is the smallest: the steps go there.
    steps: i === shares.length - 1,
  }));
  const ask = (request: (thread: Thread) => WriterRequest) =>
    Promise.all(threads.map((thread) => thread.calls.call(request(thread))));
  const stop = async () => {
    await Promise.all(threads.map(({ calls }) => calls.stop()));
  };

  try {
    await ask(({ columns, steps }) => ({ kind: 'open', columns, steps, resumed }));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    async begin(segment) {
      await ask(() => ({ kind: 'begin', segment }));
    },
    async append({ firstStep, updates }, steps) {
      await Promise.all(
        threads.map((thread) => {
          const own = thread.columns.map(({ name }) => updates.get(name)!);
          const ownSteps = thread.steps ? steps : undefined;
          const transfer = own.flatMap(arraysOf).map(({ buffer }) => buffer as ArrayBuffer);
          return thread.calls.call({ kind: 'append', firstStep, steps: ownSteps, updates: own }, transfer);
        }),
      );
    },
    async seal(lastStep, residuals) {
      return (await ask(() => ({ kind: 'seal', lastStep, residuals }))).flat();
    },
    stop,
  };
}

/** Largest layer first, each to the share that has least so far; shares from the largest to the smallest. */
function divide(columns: readonly LayerColumn[], count: number): LayerColumn[][] {
  const shares = Array.from({ length: count }, () => ({ columns: [] as LayerColumn[], elements: 0 }));
  for (const column of [...columns].sort((a, b) => layerSize(b) - layerSize(a))) {
    const least = shares.reduce((a, b) => (b.elements < a.elements ? b : a));
    least.columns.push(column);
    least.elements += layerSize(column);
  }
  return shares.sort((a, b) => b.elements - a.elements).map((share) => share.columns);
}

/**
 * Checks what the training loop hands over, and makes it the log's own.
 * @throws RangeError when steps are not numbered on from `firstStep`, or a layer's deltas are missing or not
 *   [steps, size], or its payloads are not one a step
 */
export function takeBatch(
  records: readonly StepRecord[],
  deltas: ReadonlyMap<string, Float32Array>,
  payloads: ReadonlyMap<string, readonly Uint8Array[]>,
  columns: readonly LayerColumn[],
  firstStep: number,
): LoggedSteps {
  records.forEach(({ step }, i) => {
    if (step !== firstStep + i) throw new RangeError(`step ${step} cannot follow step ${firstStep + i - 1}`);
  });
  const own = new Map<string, LayerUpdates>();
  for (const column of columns) {
    if (comesEncoded(column)) {
      const encoded = payloads.get(column.name);
      if (encoded?.length !== records.length) {
        throw new RangeError(`layer ${column.name}: ${encoded?.length ?? 'no'} payloads for ${records.length} steps`);
      }
      own.set(column.name, encoded.map(takeOver));
      continue;
    }
    const stacked = deltas.get(column.name);
    const expected = records.length * layerSize(column);
    if (stacked?.length !== expected) {
      throw new RangeError(`layer ${column.name}: ${stacked?.length ?? 'no'} elements, expected ${expected}`);
    }
    own.set(column.name, takeOver(stacked));
  }
  const bytes = [...own.values()].flatMap(arraysOf).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { firstStep, lastStep: firstStep + records.length - 1, records: [...records], updates: own, bytes };
}

/** Whether a column's updates reach the log in their codec already: then what they owe does too. */
export function comesEncoded({ codec, codecVersion }: Pick<LayerColumn, 'codec' | 'codecVersion'>): boolean {
  return !('encoder' in codecOf(codec, codecVersion));
}

function arraysOf(updates: LayerUpdates): readonly (Float32Array | Uint8Array)[] {
  return updates instanceof Float32Array ? [updates] : updates;
}

/** Records as they go into a segment's steps column. */
export function stepFrames(records: readonly StepRecord[], segment: SegmentPlace): StepFrames {
  const origin = originOf(segment, STEPS);
  const frames = records.map((record) => encodeFrame(encodeStep(record, origin)));
  return { bytes: Buffer.concat(frames), frameBytes: frames.map(({ length }) => length) };
}

/** Moves an array out of its owner's hands at once, not only when it is sent: what is logged cannot change any more. */
function takeOver<T extends Float32Array | Uint8Array>(array: T): T {
  // A view of a larger buffer is copied: transferring it would take the rest away as well.
  if (array.byteLength < array.buffer.byteLength) return array.slice() as T;
  return structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
}
