/** Fingerprints: whether two data sets are the same, for provenance. */
import { createHash } from 'node:crypto';

/**
 * SHA-256 over what a model sees of a data set: shape, element type, labels and every element.
 * @param elements the bytes of all examples in order, in pieces of any size
 */
export async function contentFingerprint(
  shape: readonly number[],
  elementType: string,
  labels: Int32Array,
  elements: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([elementType, labels.length, ...shape]));
  hash.update(bytesOf(labels));
  for await (const piece of elements) hash.update(piece);
  return hash.digest('hex');
}

/** SHA-256 over a description, such as a list of files with sizes and labels. */
export function descriptionFingerprint(lines: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(`${line}\n`);
  return hash.digest('hex');
}

/** The bytes of a typed array, without a copy. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
