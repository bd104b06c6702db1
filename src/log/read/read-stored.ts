/** Reads some steps of one layer, checks them, and leaves them as they are stored. */
import { inFile } from '../format/parse.js';
import { openDelta } from '../format/records.js';
import { readRecords, type ChunkPlace } from './decode-chunk.js';
import { collectSteps, type OpenedStep, type StoredChunk } from './stored-chunk.js';

/** Steps with the buffer that they lie in. */
export interface ReadSteps {
  readonly chunk: StoredChunk;
  /** To read into again once the chunk is done with. */
  readonly buffer: ArrayBuffer;
}

/**
 * Reads consecutive updates of one layer.
 * @param room a buffer of at least as many bytes as the place has
 * @throws InputError naming the file and the byte where it is not what its index says
 */
export async function readStored(place: ChunkPlace, room: ArrayBuffer): Promise<ReadSteps> {
  const { path, origin, bytes, firstStep, count, layout } = place;
  const opened: OpenedStep[] = [];
  await readRecords(place, Buffer.from(room, 0, bytes), (payload, i, at) => {
    const { codec, stored } = openDelta(payload, { step: firstStep + i, origin }, layout);
    opened.push({
      parts: layout.matrix && codec.parts?.(stored, layout),
      decode: (out) => inFile(path, at, () => codec.decode(stored, layout, out)),
    });
  });
  const { steps, buffer } = collectSteps(opened, layout, room);
  return { chunk: { firstStep, count, ...steps }, buffer };
}
