/** Threads that read, check and inflate chunks of any layer ahead of whoever computes with them, into buffers used again. */
import { startWorker } from '../worker-call.js';
import type { ChunkPlace } from './decode-chunk.js';
import { readStored, type ReadSteps } from './read-stored.js';
import type { ReadRequest } from './read-thread.js';
import type { StoredChunk } from './stored-chunk.js';

/** Reads chunks. One serves all layers of a log, one after the other. */
export interface ReadPool {
  /** Chunks in the order of their places; each holds until the next one is asked for. */
  read(places: AsyncIterable<ChunkPlace>): AsyncIterable<StoredChunk>;
  stop(): Promise<void>;
}

/** Bytes that are read ahead; a chunk larger than that is read alone. */
const AHEAD_BYTES = 2 ** 25;
/** Bytes of buffers that are kept to be used again. */
const KEPT_BYTES = 2 ** 26;
/** Buffers are larger than asked for, so that the next chunk, which is about as long, fits too. */
const SPARE = 1.125;

/** @param threads how many; with 0, each chunk is read in this thread, when it is asked for */
export function openReadPool(threads: number): ReadPool {
  const workers = Array.from({ length: threads }, () =>
    startWorker<ReadRequest, ReadSteps>(new URL('./read-thread.js', import.meta.url)),
  );
  let kept: ArrayBuffer[] = [];
  let next = 0;

  function take(bytes: number): ArrayBuffer {
    const found = kept.findIndex(({ byteLength }) => byteLength >= bytes);
    if (found >= 0) return kept.splice(found, 1)[0]!;
    return new ArrayBuffer(Math.ceil(bytes * SPARE));
  }

  function giveBack(buffer: ArrayBuffer): void {
    kept.push(buffer);
    kept.sort((a, b) => a.byteLength - b.byteLength);
    // Of too many, the small ones go: a large one serves for all.
    let held = kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
    while (held > KEPT_BYTES) held -= kept.shift()!.byteLength;
  }

  function begin(place: ChunkPlace): Promise<ReadSteps> {
    const room = take(place.bytes);
    if (threads === 0) return readStored(place, room);
    const reading = workers[next++ % threads]!.call({ place, room }, [room]);
    // Looked at when its turn comes; until then a failure is no unhandled one.
    reading.catch(() => undefined);
    return reading;
  }

  return {
    async *read(places) {
      const ahead: { readonly bytes: number; readonly reading: Promise<ReadSteps> }[] = [];
      let bytesAhead = 0;
      const first = async function* () {
        const { bytes, reading } = ahead.shift()!;
        bytesAhead -= bytes;
        const { chunk, buffer } = await reading;
        yield chunk;
        giveBack(buffer);
      };
      for await (const place of places) {
        while (ahead.length > 0 && (threads === 0 || bytesAhead + place.bytes > AHEAD_BYTES)) yield* first();
        ahead.push({ bytes: place.bytes, reading: begin(place) });
        bytesAhead += place.bytes;
      }
      while (ahead.length > 0) yield* first();
    },
    stop: async () => {
      kept = [];
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
