/** Reads a part of a file in one go. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { explainFileError } from '../../storage/disk/error.js';
import { FrameError } from '../format/frame.js';

/**
 * Reads a range of a file, at once: whoever reads much does so in a thread of its own, where waiting for each of the four calls
 * in turn would take longer than they do.
 * @param into receives as many bytes as it has
 * @throws InputError when the file cannot be read; FrameError `truncated` when it ends in the range
 */
export function readRange(path: string, offset: number, into: Uint8Array): void {
  const bytes = into.length;
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size < offset + bytes) throw new FrameError(path, 'truncated', size, 'the file ends too early');
      for (let done = 0; done < bytes;) {
        const read = readSync(file, into, done, bytes - done, offset + done);
        if (read === 0) throw new FrameError(path, 'truncated', offset + done, 'the file ends too early');
        done += read;
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw explainFileError(error, path);
  }
}
