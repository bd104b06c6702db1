/** What a segment without a seal still holds: its writer was stopped, or is still at work. */
import { open, type FileHandle } from 'node:fs/promises';
import { explainFileError } from '../../storage/disk/error.js';
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

const READ_BYTES = 1 << 20;

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
  let place = 0;
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    for (let position = 0; ;) {
      // A fresh buffer each time: the decoder keeps views of what it was given.
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      for (const { offset, bytes, payload } of decoder.push(buffer.subarray(0, bytesRead))) {
        place = offset;
        const step = stepOf(payload);
        if (step !== firstStep + frameBytes.length) return { frameBytes, cut: `${path} goes astray at byte ${place}` };
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
    if (error instanceof InputError) return { frameBytes, cut: `${path} goes astray at byte ${place}` };
    // Columns are made one by one: the writer may have been stopped before this one.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { frameBytes };
    throw explainFileError(error, path);
  } finally {
    await file?.close();
  }
}
