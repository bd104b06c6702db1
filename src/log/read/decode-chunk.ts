/** Reads and decodes some steps of one layer. */
import { open } from 'node:fs/promises';
import { InputError } from '../../errors.js';
import { explainFileError } from '../../files.js';
import { createFrameDecoder, FrameError } from '../format/frame.js';
import type { LayerLayout } from '../format/layer.js';
import { inFile } from '../format/parse.js';
import { decodeDelta } from '../format/records.js';

/** Where the records of some steps of one layer lie: they are read in one piece. */
export interface ChunkPlace {
  readonly path: string;
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
  { path, offset, count }: ChunkPlace,
  into: Buffer,
  take: (payload: Uint8Array, index: number, place: number) => void,
): Promise<void> {
  await readRange(path, offset, into);
  const decoder = createFrameDecoder(path, { offset });
  let done = 0;
  for (const { payload, offset: place } of decoder.push(into)) {
    inFile(path, place, () => {
      if (done === count) throw new InputError('a record more than the index says; restore the segment from a copy');
      take(payload, done, place);
    });
    done++;
  }
  decoder.end();
  if (done < count) {
    throw new FrameError(path, 'truncated', decoder.offset, `${done} records where the index says ${count}`);
  }
}

/** Reads a range of a file. @throws FrameError `truncated` when the file ends in it */
async function readRange(path: string, offset: number, into: Buffer): Promise<void> {
  const bytes = into.length;
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size < offset + bytes) throw new FrameError(path, 'truncated', size, 'the file ends too early');
      for (let done = 0; done < bytes;) {
        const { bytesRead } = await file.read(into, done, bytes - done, offset + done);
        if (bytesRead === 0) throw new FrameError(path, 'truncated', offset + done, 'the file ends too early');
        done += bytesRead;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw explainFileError(error, path);
  }
}
