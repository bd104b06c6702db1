/** Hashes of what shards compute from (Node only). */
import { createHash } from 'node:crypto';

/** SHA-256 of arrays of numbers, and of how long each is, in hex. */
export function hashOf(arrays: Iterable<ArrayBufferView>): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(`${byteLength} `).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
