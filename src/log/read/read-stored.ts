/** Reads some steps of one layer, or what its codec owes, checks them, and leaves them as they are stored. */
import { inFile } from '../format/parse.js';
import { openDelta } from '../format/records.js';
import { readRecords, type ChunkPlace } from './decode-chunk.js';
import { OWED_SPARE, readOwedStep, type OwedPlace } from './read-owed.js';
import { collectSteps, type OpenedStep, type StoredChunk } from './stored-chunk.js';

/** What is read in one piece: steps, or a residual. */
export type ReadPlace = ChunkPlace | OwedPlace;

/** Bytes of the buffer that a place is read into. */
export function roomFor(place: ReadPlace): number {
  // Behind the bytes, what they hold may be put in order.
  return 'owed' in place ? place.bytes + OWED_SPARE : 2 * place.bytes;
}

/**
 * Reads what a place has: consecutive updates of one layer, or its residual.
 * @param room a buffer of at least as many bytes as `roomFor` says, which holds the chunk until it is read into again
 * @throws InputError naming the file and the byte where it is not what its index says
 */
export async function readStored(place: ReadPlace, room: ArrayBuffer): Promise<StoredChunk> {
  if ('owed' in place) return { firstStep: place.step, count: 1, ...(await readOwedStep(place, room)) };
  const { path, origin, bytes, firstStep, count, layout } = place;
  const opened: OpenedStep[] = [];
  await readRecords(place, Buffer.from(room, 0, bytes), (payload, i, at) => {
    const { codec, stored } = openDelta(payload, { step: firstStep + i, origin }, layout);
    opened.push({
      parts: layout.matrix && codec.parts?.(stored, layout),
      decode: (out) => inFile(path, at, () => codec.decode(stored, layout, out)),
    });
  });
  return { firstStep, count, ...collectSteps(opened, layout, room, bytes) };
}
