/** Payloads and files that may be damaged or foreign: every complaint gets its place. */
import { InputError } from '../../errors.js';
import { FrameError } from './frame.js';

/** Decodes a protobuf payload. @throws InputError, without a place (see {@link inFile}), when it is no such message */
export function parse<T>(payload: Uint8Array, what: string, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(payload);
  } catch (error) {
    throw new InputError(`not a ${what} (${(error as Error).message})`, { cause: error });
  }
}

/** Runs `action` on what stands in `file` at byte `offset`, and puts that place before its complaints. */
export function inFile<T>(file: string, offset: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof InputError) || error instanceof FrameError) throw error;
    throw new InputError(`${file}: byte ${offset}: ${error.message}`, { cause: error });
  }
}
