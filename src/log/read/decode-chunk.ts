/** Reads and decodes some steps of one layer. */
import { InputError } from '../../errors.js';
import { createFrameDecoder, FrameError } from '../format/frame.js';
import type { LayerLayout } from '../format/layer.js';
import { inFile } from '../format/parse.js';
import { decodeDelta } from '../format/records.js';
import { readRange } from './read-range.js';

/** Where the records of some steps of one layer lie: they are read in one piece. */
export interface ChunkPlace {
  readonly path: string;
  /** The version that the file had when the log was opened, where its store keeps versions. */
  readonly version?: string | undefined;
  /** What its records say of where they belong. */
  readonly origin: number;
  /** Byte offset of the first record. */
  readonly offset: number;
  /** Bytes of all of them; no more than the file has. */
  readonly bytes: number;
  readonly firstStep: number;
  readonly count: number;
  readonly layout: LayerLayout;
}

/** Decoded deltas of some steps. */
export interface DeltaChunk {
  readonly firstStep: number;
  /** Number of steps. */
  readonly count: number;
  /** Deltas of the steps stacked, [count, size]. */
  readonly data: Float32Array;
}

/**
 * Reads and decodes consecutive updates of one layer.
 * @throws InputError naming the file and the byte where it is not what its index says
 */
export async function decodeChunk(place: ChunkPlace): Promise<DeltaChunk> {
  const { origin, bytes, firstStep, count, layout } = place;
  const data = new Float32Array(count * layout.size);
  await readRecords(place, Buffer.allocUnsafe(bytes), (payload, i) =>
    decodeDelta(
      payload,
      { step: firstStep + i, origin },
      layout,
      data.subarray(i * layout.size, (i + 1) * layout.size),
    ),
  );
  return { firstStep, count, data };
}

/**
 * Reads consecutive records of one layer.
 * @param into receives the file's bytes
 * @param take is given each record, a view of those bytes, and its place among them
 * @throws InputError naming the file and the byte where it is not what its index says, or what `take` complained of
 */
export async function readRecords(
  place: ChunkPlace,
  into: Buffer,
  take: (payload: Uint8Array, index: number, place: number) => void,
): Promise<void> {
  const { path, offset, count } = place;
  await readRange(place, offset, into);
  const decoder = createFrameDecoder(path, { offset });
  let done = 0;
  for (const { payload, offset: at } of decoder.push(into)) {
    inFile(path, at, () => {
      if (done === count) throw new InputError('a record more than the index says; restore the segment from a copy');
      take(payload, done, at);
    });
    done++;
  }
  decoder.end();
  if (done < count) {
    throw new FrameError(path, 'truncated', decoder.offset, `${done} records where the index says ${count}`);
  }
}
