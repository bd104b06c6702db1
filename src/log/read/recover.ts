/** What a segment without a seal still holds: its writer was stopped, or is still at work. */
import { storeOf } from '../../storage/registry.js';
import { NotThere } from '../../storage/store.js';
import { InputError } from '../../errors.js';
import { codecOf } from '../codecs/registry.js';
import { originOf, type ColumnIndex, type SegmentHeader } from '../format/descriptors.js';
import { createFrameDecoder, FrameError } from '../format/frame.js';
import { layerLayout } from '../format/layer.js';
import { inFile } from '../format/parse.js';
import { decodeStep, DELTA_OVERHEAD, stepOfDelta } from '../format/records.js';
import { columnPath, headerPath, STEPS } from '../format/segment.js';

/** The part of an unsealed segment that is whole in every column. */
export interface RecoveredSegment {
  /** firstStep − 1 when not one step is whole. */
  readonly lastStep: number;
  readonly columns: readonly ColumnIndex[];
  /** Where columns were cut, in words for the user: `conv1.log is torn at byte 123`. */
  readonly cuts: readonly string[];
}

/**
 * Walks every column frame by frame until it ends, or is torn or damaged, and keeps the steps that all columns have.
 * @throws InputError when a codec is unknown: then a newer version wrote the segment, and nothing about it is safe to say
 */
export async function recoverSegment(directory: string, header: SegmentHeader): Promise<RecoveredSegment> {
  const stepsOrigin = originOf(header, STEPS);
  const walks = [
    await walk(
      columnPath(directory, STEPS),
      header.firstStep,
      Infinity,
      (payload) => decodeStep(payload, stepsOrigin).step,
    ),
  ];
  const files = [STEPS];
  for (const column of header.layers) {
    const codec = inFile(headerPath(directory), 0, () => codecOf(column.codec, column.codecVersion));
    const maxPayload = codec.maxBytes(layerLayout(column)) + DELTA_OVERHEAD;
    const origin = originOf(header, column.file);
    const stepOf = (payload: Uint8Array) => stepOfDelta(payload, origin);
    walks.push(await walk(columnPath(directory, column.file), header.firstStep, maxPayload, stepOf));
    files.push(column.file);
  }
  const steps = Math.min(...walks.map(({ frameBytes }) => frameBytes.length));
  return {
    lastStep: header.firstStep + steps - 1,
    columns: walks.map(({ frameBytes }, i) => {
      return { file: files[i]!, frameBytes: frameBytes.slice(0, steps), residualBytes: 0, residualMax: 0 };
    }),
    cuts: walks.flatMap(({ cut }) => cut ?? []),
  };
}

/** Lengths of a column's frames while they are sound and their steps follow one another. */
async function walk(
  path: string,
  firstStep: number,
  maxPayload: number,
  stepOf: (payload: Uint8Array) => number,
): Promise<{ frameBytes: number[]; cut?: string }> {
  const frameBytes: number[] = [];
  const decoder = createFrameDecoder(path, { maxPayload });
  try {
    for await (const chunk of storeOf(path).stream(path)) {
      for (const { offset, bytes, payload } of decoder.push(chunk)) {
        if (stepIn(payload, stepOf) !== firstStep + frameBytes.length) {
          return { frameBytes, cut: `${path} goes astray at byte ${offset}` };
        }
        frameBytes.push(bytes);
      }
    }
    decoder.end();
    return { frameBytes };
  } catch (error) {
    if (error instanceof FrameError) {
      return {
        frameBytes,
        cut: `${path} is ${error.kind === 'truncated' ? 'torn' : 'damaged'} at byte ${error.offset}`,
      };
    }
    // Columns are made one by one: the writer may have been stopped before this one.
    if (error instanceof NotThere) return { frameBytes };
    throw error;
  }
}

/** The step of a record; undefined for a payload that is none. */
function stepIn(payload: Uint8Array, stepOf: (payload: Uint8Array) => number): number | undefined {
  try {
    return stepOf(payload);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
