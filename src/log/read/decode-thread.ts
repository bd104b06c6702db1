/** A thread that decodes chunks. */
import { decodeChunk, type ChunkPlace, type DeltaChunk } from './decode-chunk.js';
import { answerCalls } from '../worker-call.js';

answerCalls<ChunkPlace, DeltaChunk>(async (place) => {
  const chunk = await decodeChunk(place);
  return [chunk, [chunk.data.buffer as ArrayBuffer]];
});
