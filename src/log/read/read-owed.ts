/** Reads what a layer's codec owes after a step: a residual, as one more update that no record holds. */
import type { LayerLayout } from '../format/layer.js';
import { decodeResidual } from '../format/residual.js';
import { onlyFrame } from '../format/segment.js';
import { readRange } from './read-range.js';

/** Where a layer's residual lies: it is a file of its own, read in one piece. */
export interface OwedPlace {
  readonly path: string;
  /** What it says of where it belongs. */
  readonly origin: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** The step that it holds after. */
  readonly step: number;
  /** The layer's. */
  readonly owed: LayerLayout;
}

/** Bytes that a buffer needs beside those of the file, to be read where floats may begin. */
export const OWED_SPARE = 4;

/** Bytes of a payload of float32 behind its values (`fixed32 origin`), and of the checksum behind the payload. */
const BEHIND_VALUES = 5 + 4;

/**
 * Reads a residual.
 * @param room a buffer of at least {@link OWED_SPARE} bytes more than the place has; values of float32 stay in it
 * @throws InputError naming the file and the byte where it is not the layer's residual after that step
 */
export function readOwed({ path, origin, bytes, step, owed }: OwedPlace, room: ArrayBuffer): Float32Array {
  // The file is read to where its values come to lie as floats need it. An origin of 0 (of the first format) is left out.
  const behind = origin === 0 ? 4 : BEHIND_VALUES;
  const into = new Uint8Array(room, (4 - ((bytes - behind) % 4)) % 4, bytes);
  readRange(path, 0, into);
  return onlyFrame(path, into, (payload) => decodeResidual(payload, { step, origin }, owed));
}
