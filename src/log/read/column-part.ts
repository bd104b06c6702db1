/** Which bytes of a log's columns a range of steps lies in. */
import { InputError } from '../../errors.js';
import { basename } from '../../storage/paths.js';
import { storeOf } from '../../storage/registry.js';
import type { ChunkPlace } from './decode-chunk.js';
import { originOf, totalBytes } from '../format/descriptors.js';
import { createFrameDecoder } from '../format/frame.js';
import type { LayerLayout } from '../format/layer.js';
import type { Segment } from './open-segment.js';
import { inFile } from '../format/parse.js';
import { decodeStep, type StepRecord } from '../format/records.js';
import { columnPath } from '../format/segment.js';

/** Steps to read, both ends included; all of them by default. */
export interface StepRange {
  readonly firstStep?: number;
  readonly lastStep?: number;
}

/** The records of one column of one segment that a range asks for. */
export interface ColumnPart {
  readonly path: string;
  /** The version that the file had when the log was opened, where its store keeps versions. */
  readonly version: string | undefined;
  /** What its records say of where they belong. */
  readonly origin: number;
  readonly firstStep: number;
  /** Byte offset of the first of them. */
  readonly offset: number;
  readonly frameBytes: readonly number[];
}

/**
 * The parts of a column that a range lies in, segment by segment.
 * @param column 0 for the steps, then the layers
 */
export async function* columnParts(
  segments: readonly Segment[],
  column: number,
  range: StepRange,
): AsyncGenerator<ColumnPart> {
  const { firstStep = 1, lastStep = Infinity } = range;
  for (const segment of segments) {
    const begin = Math.max(firstStep, segment.header.firstStep);
    const end = Math.min(lastStep, segment.lastStep);
    if (end < begin) continue;
    const { file, frameBytes } = (await segment.columns())[column]!;
    const skipped = frameBytes.slice(0, begin - segment.header.firstStep);
    const path = columnPath(segment.directory, file);
    yield {
      path,
      version: segment.files.get(basename(path))?.version,
      origin: originOf(segment.header, file),
      firstStep: begin,
      offset: totalBytes(skipped),
      frameBytes: frameBytes.slice(skipped.length, end - segment.header.firstStep + 1),
    };
  }
}

/** How far a chunk goes. */
export interface ChunkSize {
  /** Most steps. */
  readonly steps: number;
  /** Bytes that end a chunk; a step larger than that is read alone. Unbounded by default. */
  readonly bytes?: number | undefined;
  /** Bytes that a step counts for at least, however few it takes in the file. */
  readonly usual?: number;
}

/** A part of a layer's column, cut into chunks. */
export function* chunkPlaces(
  { path, version, origin, firstStep, offset, frameBytes }: ColumnPart,
  layout: LayerLayout,
  { steps, bytes: most = Infinity, usual = 0 }: ChunkSize,
): Generator<ChunkPlace> {
  for (let at = 0; at < frameBytes.length;) {
    let [count, counted] = [0, 0];
    do counted += Math.max(usual, frameBytes[at + count++]!);
    while (
      count < steps &&
      at + count < frameBytes.length &&
      counted + Math.max(usual, frameBytes[at + count]!) <= most
    );
    const bytes = totalBytes(frameBytes.slice(at, at + count));
    yield { path, version, origin, offset, bytes, firstStep: firstStep + at, count, layout };
    offset += bytes;
    at += count;
  }
}

/**
 * Reads a part of the steps column.
 * @throws InputError naming file and byte where it is damaged, or its steps do not follow one another
 */
export async function* readSteps({
  path,
  version,
  origin,
  firstStep,
  offset,
  frameBytes,
}: ColumnPart): AsyncGenerator<StepRecord> {
  const decoder = createFrameDecoder(path, { offset });
  const end = offset + totalBytes(frameBytes);
  let step = firstStep;
  for await (const chunk of storeOf(path).stream(path, { start: offset, end, version })) {
    for (const { payload, offset: place } of decoder.push(chunk)) {
      const record = inFile(path, place, () => decodeStep(payload, origin));
      if (record.step !== step) {
        throw new InputError(`${path}: byte ${place}: step ${record.step}, expected step ${step}; restore the file`);
      }
      step++;
      yield record;
    }
  }
  decoder.end();
}
