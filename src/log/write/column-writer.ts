/** Writes one layer's deltas: encodes, frames and appends them, segment after segment. Lives in a worker thread. */
import { InputError } from '../../errors.js';
import { AppendFile } from './append-file.js';
import { codecOf } from '../codecs/registry.js';
import { originOf, type ColumnIndex, type LayerColumn } from '../format/descriptors.js';
import { layerLayout } from '../format/layer.js';
import { encodeDelta } from '../format/records.js';
import { encodeResidual } from '../format/residual.js';
import { columnPath, residualPath, STEPS } from '../format/segment.js';

/** A segment that is being written. */
export interface SegmentPlace {
  readonly directory: string;
  readonly run: string;
  readonly segment: number;
}

/** Writes the column of one layer, or of the steps. */
export interface ColumnWriter<Batch> {
  /** Opens the column's file in a new segment's folder. */
  begin(segment: SegmentPlace): void;
  /** Appends the records of steps from `firstStep`, and hands them to the operating system. */
  append(firstStep: number, batch: Batch): void;
  /**
   * Makes the segment's part durable, with the residual after `lastStep` beside it, and closes it.
   * @param residual of a column whose updates come encoded
   */
  seal(lastStep: number, residual?: Float32Array): ColumnIndex;
}

/** Updates of one layer: deltas of steps stacked, [steps, size], or a payload of its codec for each step. */
export type LayerUpdates = Float32Array | readonly Uint8Array[];

/**
 * A writer for the updates of one layer.
 * @param residual what a stopped log ended with, to continue it
 */
export function layerWriter(column: LayerColumn, residual?: Float32Array): ColumnWriter<LayerUpdates> {
  const layout = layerLayout(column);
  const codec = codecOf(column.codec, column.codecVersion);
  const encoder = 'encoder' in codec ? codec.encoder(layout, residual) : undefined;
  let directory = '';
  let origin = 0;
  let file: AppendFile | undefined;
  let frameBytes: number[] = [];
  const write = (step: number, payload: Uint8Array) => {
    frameBytes.push(file!.appendFrame(encodeDelta({ step, origin }, codec.name, codec.version, payload)));
  };

  return {
    begin(segment) {
      ({ directory } = segment);
      origin = originOf(segment, column.file);
      file = new AppendFile(columnPath(directory, column.file));
      frameBytes = [];
    },
    append(firstStep, batch) {
      if (batch instanceof Float32Array) {
        for (let at = 0, step = firstStep; at < batch.length; at += layout.size, step++) {
          const delta = batch.subarray(at, at + layout.size);
          write(
            step,
            encodeStepOf(column.name, step, () => encoder!.encode(delta)),
          );
        }
      } else batch.forEach((payload, i) => write(firstStep + i, payload));
      file!.flush();
    },
    seal(lastStep, given) {
      file!.seal();
      const residual = encoder ? encoder.residual : given;
      if (!residual) return { file: column.file, frameBytes, residualBytes: 0, residualMax: 0 };
      const residualFile = new AppendFile(residualPath(directory, column.file));
      const payload = encodeStepOf(column.name, lastStep, () =>
        encodeResidual({ step: lastStep, origin }, residual, codec.residual ?? 'float32', layout),
      );
      const residualBytes = residualFile.appendFrame([payload]);
      residualFile.seal();
      return { file: column.file, frameBytes, residualBytes, residualMax: largestMagnitude(residual) };
    },
  };
}

/** A writer for the steps column: a batch is its frames, already encoded, and their lengths. */
export function stepsWriter(): ColumnWriter<StepFrames> {
  let file: AppendFile | undefined;
  let frameBytes: number[] = [];
  return {
    begin({ directory }) {
      file = new AppendFile(columnPath(directory, STEPS));
      frameBytes = [];
    },
    append(_firstStep, batch) {
      file!.append(batch.bytes);
      for (const bytes of batch.frameBytes) frameBytes.push(bytes);
      file!.flush();
    },
    seal() {
      file!.seal();
      return { file: STEPS, frameBytes, residualBytes: 0, residualMax: 0 };
    },
  };
}

/** Step records as they go into the file. */
export interface StepFrames {
  readonly bytes: Uint8Array;
  readonly frameBytes: readonly number[];
}

function encodeStepOf<T>(layer: string, step: number, encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`layer ${layer}, step ${step}: ${error.message}`, { cause: error });
  }
}

function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}
