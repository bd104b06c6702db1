/**
 * Threads that read steps and project them (Node only). What a thread has read stays with it: between threads go the places of
 * chunks, and what became of them. (Handing over the chunks themselves cost more than to read them: V8 counts each as memory
 * that came to be, and collects garbage.) Which thread has which chunk changes nothing: sums are added up in the steps' order.
 */
import type { DeltaLog } from '../../../log/read/reader.js';
import type { ReadPlace } from '../../../log/read/read-stored.js';
import { startWorker } from '../../../log/worker-call.js';
import type { StepMatrix } from '../layer-matrix.js';
import type { MeasuredQueries, MeasuredSteps, Measuring, StepsAsked } from './measured-steps.js';
import { ownStretches } from './stretches.js';
import type { ThreadRequest } from './thread.js';

/** What of a log says where its chunks lie. */
export type PlacedLog = Pick<DeltaLog, 'places' | 'owed'>;

/** Threads. They serve all passes, one behind the other. */
export interface MeasurePool {
  /** Number of threads. */
  readonly threads: number;
  /** Measures steps for some queries, what the codec owes for the first of them. The threads begin with it at once. */
  measure(matrix: StepMatrix, log: PlacedLog, asked: StepsAsked, queries: readonly MeasuredQueries[]): Measuring;
  stop(): Promise<void>;
}

/** Chunks that each thread is asked for ahead of whoever takes them, */
const AHEAD = 8;
/** and fewer, down to one, where what they hand over would take more bytes than this. */
const SUM_BYTES = 2 ** 27;

/** @param threads how many, at least one */
export function openMeasurePool(threads: number): MeasurePool {
  const workers = Array.from({ length: threads }, () =>
    startWorker<ThreadRequest, MeasuredSteps | undefined>(new URL('./thread.js', import.meta.url)),
  );
  let passes = 0;
  let turn = 0;

  return {
    threads,
    measure: ({ layout, ...sizes }, log, asked, queries) => {
      const pass = passes++;
      const matrix = { ...plain(sizes), order: layout.order };
      const data = {
        matrix,
        queries: queries.map(({ strategy, chunkSteps, norms, stacked, keepsOutputs }) => ({
          strategy: strategy.name,
          chunkSteps,
          norms: norms.map(({ reference }) => ({ reference })),
          stacked,
          keepsOutputs,
        })),
      };
      const opened = quiet(Promise.all(workers.map((worker) => worker.call({ ask: 'open', pass, data }))));
      const places = placesOf(log, asked);
      const most = Math.floor(SUM_BYTES / bytesHandedOver(sizes, queries[0]!));
      const inHand = inOrder(
        places,
        (place) => quiet(workers[turn++ % threads]!.call({ ask: 'measure', pass, place })),
        Math.max(threads, Math.min(AHEAD * threads, most)),
      );
      async function* steps(): AsyncGenerator<MeasuredSteps> {
        await opened;
        for await (const measured of inHand) yield measured!;
      }
      return {
        steps: { [Symbol.asyncIterator]: steps },
        close: async () => {
          await inHand.return(undefined);
          await places.return(undefined);
          await Promise.allSettled(workers.map((worker) => worker.call({ ask: 'close', pass })));
        },
      };
    },
    stop: async () => {
      // A thread that is ended while it loads ONNX Runtime, or while that computes, takes the process with it: an answer says that
      // it does neither.
      await Promise.allSettled(workers.map((worker) => worker.call({ ask: 'end' })));
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

function placesOf(log: PlacedLog, { logName, isOwn, ...range }: StepsAsked): AsyncGenerator<ReadPlace> {
  async function* all(): AsyncGenerator<ReadPlace> {
    yield* log.places(logName, range);
    const owed = await log.owed(logName, range.lastStep);
    if (owed) yield owed;
  }
  return ownStretches(all(), (place) => ('owed' in place ? undefined : place.count), isOwn);
}

/** Bytes of what a chunk's steps add up to, and of their outputs where those are kept. */
function bytesHandedOver(
  { groups, units, positions, size }: Omit<StepMatrix, 'layout'>,
  { strategy, norms, chunkSteps, keepsOutputs = false }: MeasuredQueries,
): number {
  const outputs = groups * units * positions * norms.length;
  return 8 * (strategy.sumsDeltas ? size : outputs) + (keepsOutputs ? 4 * chunkSteps * outputs : 0);
}

/** Nothing but numbers: what else a matrix knows cannot go to another thread. */
function plain({ groups, units, inputs, positions, hasBias, size }: Omit<StepMatrix, 'layout'>) {
  return { groups, units, inputs, positions, hasBias, size };
}

/** Whoever awaits a promise in its turn learns of its failure then; until then it is no unhandled one. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * Begins with some things ahead of whoever takes what becomes of them, at once.
 * @param most how many are begun and not yet taken
 */
function inOrder<T, R>(things: AsyncIterator<T>, begin: (thing: T) => Promise<R>, most: number): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  let ended = false;
  async function fill(): Promise<void> {
    while (!ended && begun.length < most) {
      const next = await things.next();
      if (next.done === true) ended = true;
      else begun.push(begin(next.value));
    }
  }
  let filling = quiet(fill());
  async function* taken(): AsyncGenerator<R> {
    for (;;) {
      await filling;
      const first = begun.shift();
      if (!first) return;
      filling = quiet(fill());
      yield await first;
    }
  }
  return taken();
}
