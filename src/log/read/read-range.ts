/** Reads a part of a file in one go. */
import { storeOf } from '../../storage/registry.js';
import { CutShort } from '../../storage/store.js';
import { FrameError } from '../format/frame.js';

/**
 * Reads a range of a file: on a disk before anything else is done, and elsewhere by one request.
 * @param file with the version that it must have, where its store keeps versions
 * @param into receives as many bytes as it has
 * @throws InputError when the file cannot be read; FrameError `truncated` when it ends in the range
 */
export async function readRange(
  { path, version }: { readonly path: string; readonly version?: string | undefined },
  offset: number,
  into: Uint8Array,
): Promise<void> {
  const store = storeOf(path);
  try {
    if (store.readNow) store.readNow(path, offset, into);
    else await store.readInto(path, offset, into, version);
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
    throw new FrameError(path, 'truncated', error.size, 'the file ends too early');
  }
}
