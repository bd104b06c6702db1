/** A thread that reads chunks as they are stored. */
import { answerCalls } from '../worker-call.js';
import type { ChunkPlace } from './decode-chunk.js';
import { readStored, type ReadSteps } from './read-stored.js';

/** What the thread is asked for. */
export interface ReadRequest {
  readonly place: ChunkPlace;
  /** Goes over, and comes back with the answer. */
  readonly room: ArrayBuffer;
}

answerCalls<ReadRequest, ReadSteps>(async ({ place, room }) => {
  const read = await readStored(place, room);
  const { chunk } = read;
  const decoded = chunk.form === 'dense' ? [chunk.data.buffer as ArrayBuffer] : [];
  return [read, [read.buffer, ...decoded]];
});
