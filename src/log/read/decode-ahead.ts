/** Decodes chunk after chunk, in other threads if asked to, in order and a bounded distance ahead. */
import { decodeChunk, type ChunkPlace, type DeltaChunk } from './decode-chunk.js';
import { startWorker } from '../worker-call.js';

/**
 * Decoded chunks in the order of their places.
 * @param threads how many threads decode ahead, each at most two chunks; 0 decodes here, each chunk when it is asked for
 */
export async function* decodeAhead(places: AsyncIterable<ChunkPlace>, threads: number): AsyncGenerator<DeltaChunk> {
  if (threads === 0) {
    for await (const place of places) yield await decodeChunk(place);
    return;
  }
  const workers = Array.from({ length: threads }, () =>
    startWorker<ChunkPlace, DeltaChunk>(new URL('./decode-thread.js', import.meta.url)),
  );
  const ahead: Promise<DeltaChunk>[] = [];
  try {
    let next = 0;
    for await (const place of places) {
      const chunk = workers[next++ % threads]!.call(place);
      // Looked at when its turn comes; until then a failure is no unhandled one.
      chunk.catch(() => undefined);
      ahead.push(chunk);
      if (ahead.length > 2 * threads) yield await ahead.shift()!;
    }
    while (ahead.length > 0) yield await ahead.shift()!;
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}
