/** Reads what a layer's codec owes after a step: a residual, as one more update that no record holds. */
import type { LayerLayout } from '../format/layer.js';
import { storedResidual, widenResidual, type StoredResidual } from '../format/residual.js';
import { onlyFrame } from '../format/segment.js';
import { readRange } from './read-range.js';
import type { StoredSteps } from './stored-chunk.js';

/** Where a layer's residual lies: it is a file of its own, read in one piece. */
export interface OwedPlace {
  readonly path: string;
  /** The version that it had when the log was opened, where its store keeps versions. */
  readonly version?: string | undefined;
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
 * @param room a buffer of at least {@link OWED_SPARE} bytes more than the place has; its numbers stay in it
 * @throws InputError naming the file and the byte where it is not the layer's residual after that step
 */
async function readResidual(place: OwedPlace, room: ArrayBuffer): Promise<StoredResidual> {
  const { path, origin, bytes, step, owed } = place;
  // The file is read to where its values come to lie as floats need it. An origin of 0 (of the first format) is left out.
  const behind = origin === 0 ? 4 : BEHIND_VALUES;
  const into = new Uint8Array(room, (4 - ((bytes - behind) % 4)) % 4, bytes);
  await readRange(place, 0, into);
  return onlyFrame(path, into, (payload) => storedResidual(payload, { step, origin }, owed));
}

/** Reads a residual in float32; see `readResidual`. */
export async function readOwed(place: OwedPlace, room: ArrayBuffer): Promise<Float32Array> {
  return widenResidual(await readResidual(place, room), place.owed);
}

/** Reads a residual as one step; whole numbers stay what they are, unless some of a matrix's rows owe nothing. */
export async function readOwedStep(place: OwedPlace, room: ArrayBuffer): Promise<StoredSteps> {
  const stored = await readResidual(place, room);
  const { matrix, rowEnds } = place.owed;
  if (stored.form === 'float32' || !matrix || stored.scales.subarray(0, matrix.rows).includes(0)) {
    return { form: 'dense', data: widenResidual(stored, place.owed) };
  }
  const { levels, scales } = stored;
  const { rows, columns } = matrix;
  const others = new Float32Array(levels.length - rows * columns);
  for (let row = rows, i = 0; row < rowEnds.length; row++) {
    for (; i < rowEnds[row]! - rows * columns; i++) others[i] = levels[rows * columns + i]! * scales[row]!;
  }
  const elements = levels.subarray(0, rows * columns);
  return { form: 'rows', type: 'int16', rows, columns, scales: scales.subarray(0, rows), elements, others };
}
