/** The folders of a log: their names, what stands at their two ends, and which of them there are. */
import { open, readdir } from 'node:fs/promises';
import { InputError } from '../../errors.js';
import { readBytes, writeAtomically } from '../../files.js';
import { explainFileError } from '../../storage/disk/error.js';
import { makeFolder } from '../../storage/disk/store.js';
import { dirname, join } from '../../storage/paths.js';
import { storeOf } from '../../storage/registry.js';
import { NotThere, type FileFound } from '../../storage/store.js';
import {
  decodeHeader,
  decodeSeal,
  encodeHeader,
  encodeSeal,
  totalBytes,
  type LayerColumn,
  type SegmentHeader,
  type SegmentSeal,
} from './descriptors.js';
import { createFrameDecoder, encodeFrame, FrameError } from './frame.js';
import { inFile } from './parse.js';
import { layerLayout } from './layer.js';
import type { ExpectedRecord } from './records.js';
import { decodeResidual } from './residual.js';

/** A sealed segment, as the run's manifest lists it. */
export interface SealedSegment {
  /** Name of its folder in `log`. */
  readonly directory: string;
  readonly firstStep: number;
  readonly lastStep: number;
  /** Bytes of all its columns and residuals. */
  readonly bytes: number;
}

/** Base name of the steps column. */
export const STEPS = 'steps';

/** Folder of a run's log. */
export function logPath(runDirectory: string): string {
  return join(runDirectory, 'log');
}

/** Folder of a segment. */
export function segmentPath(runDirectory: string, segment: number): string {
  return join(logPath(runDirectory), `segment-${String(segment).padStart(5, '0')}`);
}

/** File of a column in a segment's folder. */
export function columnPath(directory: string, file: string): string {
  return join(directory, `${file}.log`);
}

/** File of a layer's residual in a segment's folder. */
export function residualPath(directory: string, file: string): string {
  return join(directory, `${file}.residual`);
}

/** File of a segment's header. */
export function headerPath(directory: string): string {
  return join(directory, HEADER);
}

const HEADER = 'header.log';
const SEAL = 'seal.log';

/** Path of a segment's seal. */
export const sealPath = (directory: string): string => join(directory, SEAL);

/** The seal while it is being written. */
const UNFINISHED_SEAL = `${SEAL}.part`;

/** Whether a segment's folder may have a file of that name. */
function isSegmentFile(name: string): boolean {
  return /\.(?:log|residual)$/.test(name) || name === UNFINISHED_SEAL;
}

/**
 * How many segments a run's log has; they are numbered from 0. A folder without a file of a log is none.
 * @throws InputError when one in the middle is missing
 */
export async function countSegments(runDirectory: string): Promise<number> {
  return (await listSegments(runDirectory)).length;
}

/** The files of a segment by name. */
export type SegmentFiles = ReadonlyMap<string, FileFound>;

/**
 * The files of each of a log's segments, in the order of their numbers from 0; by one listing, where a store has listings.
 * @throws InputError when one in the middle is missing
 */
export async function listSegments(runDirectory: string): Promise<SegmentFiles[]> {
  const log = logPath(runDirectory);
  const segments = new Map<number, Map<string, FileFound>>();
  for (const [path, found] of await storeOf(log).files(log)) {
    const [, number, name] = /^segment-(\d{5,10})\/([^/]+)$/.exec(path) ?? [];
    if (number === undefined || name === undefined) continue;
    const files = segments.get(Number(number)) ?? new Map<string, FileFound>();
    segments.set(Number(number), files.set(name, found));
  }
  const ordered = [...segments].filter(([, files]) => [...files.keys()].some(isSegmentFile)).sort(([a], [b]) => a - b);
  const missing = ordered.findIndex(([number], i) => number !== i);
  if (missing >= 0) {
    throw new InputError(`${segmentPath(runDirectory, missing)}: the segment is missing; restore it from a copy`);
  }
  return ordered.map(([, files]) => files);
}

/** Names in a folder, none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await storeOf(folder).list(folder)).map(({ name }) => name);
  } catch (error) {
    if (error instanceof NotThere) return [];
    throw error;
  }
}

/**
 * Makes a segment's folder and its header, durably: no column exists before its header does.
 * @throws InputError when the segment exists, because then another process is writing the same log
 */
export async function beginSegment(directory: string, header: SegmentHeader): Promise<void> {
  const path = headerPath(directory);
  try {
    await makeFolder(directory);
    const file = await open(path, 'wx');
    try {
      const other = (await readdir(directory)).find((name) => name !== HEADER && isSegmentFile(name));
      if (other !== undefined) {
        throw new InputError({
          file: join(directory, other),
          problem: 'is in the way of the log, and not of this run',
          mend: 'move it away',
        });
      }
      await file.writeFile(encodeFrame(encodeHeader(header)));
      await file.sync();
    } finally {
      await file.close();
    }
    await syncDirectories(directory, dirname(directory));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new InputError(`${path}: exists already; another process is writing this log, stop one of the two`);
    }
    throw explainFileError(error, path);
  }
}

/** Writes a segment's seal aside and renames it into place, durably. */
export async function sealSegment(directory: string, seal: SegmentSeal): Promise<void> {
  await writeAtomically(sealPath(directory), encodeFrame(encodeSeal(seal)), UNFINISHED_SEAL);
  await syncDirectories(directory);
}

/** A name that was made or changed lasts once its folder is synced; Windows has no such call, and no such need. */
async function syncDirectories(...paths: string[]): Promise<void> {
  if (process.platform === 'win32') return;
  for (const path of paths) {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

/**
 * A segment's header, or undefined when the writer stopped before it was whole (then the segment is empty).
 * @throws InputError when it is damaged or of a newer format
 */
export async function readHeader(directory: string): Promise<SegmentHeader | undefined> {
  try {
    return await readOneFrame(headerPath(directory), decodeHeader);
  } catch (error) {
    if (error instanceof NotThere || (error instanceof FrameError && error.kind === 'truncated')) return undefined;
    throw error;
  }
}

/** @throws InputError when a segment is not one of the run */
export function checkRun(directory: string, header: SegmentHeader, run: string): void {
  if (header.run === run) return;
  throw new InputError(`${headerPath(directory)}: byte 0: belongs to another run; restore the segment from a copy`);
}

/**
 * A segment's seal, or undefined when it has none (yet).
 * @throws InputError when it is damaged, of a newer format, or not of this header
 */
export async function readSeal(directory: string, header: SegmentHeader): Promise<SegmentSeal | undefined> {
  const path = sealPath(directory);
  try {
    const seal = await readOneFrame(path, decodeSeal);
    const files = [STEPS, ...header.layers.map(({ file }) => file)];
    const agrees =
      seal.run === header.run &&
      seal.segment === header.segment &&
      seal.firstStep === header.firstStep &&
      seal.columns.length === files.length &&
      seal.columns.every(({ file }, i) => file === files[i]);
    if (!agrees)
      throw new InputError(`${path}: byte 0: not the seal of this segment's header; restore both from a copy`);
    return seal;
  } catch (error) {
    if (error instanceof NotThere) return undefined;
    throw error;
  }
}

/**
 * The residual of one layer at the end of a sealed segment.
 * @throws InputError when it is missing or damaged, or of another step, shape or log
 */
export async function readResidual(
  directory: string,
  column: LayerColumn,
  expected: ExpectedRecord,
): Promise<Float32Array> {
  const layout = layerLayout(column);
  return readOneFrame(residualPath(directory, column.file), (payload) => decodeResidual(payload, expected, layout));
}

/** What the manifest is told about a sealed segment. */
export function describeSegment(name: string, { firstStep, lastStep, columns }: SegmentSeal): SealedSegment {
  const bytes = columns.reduce((sum, column) => sum + totalBytes(column.frameBytes) + column.residualBytes, 0);
  return { directory: name, firstStep, lastStep, bytes };
}

async function readOneFrame<T>(path: string, decode: (payload: Uint8Array) => T): Promise<T> {
  return onlyFrame(path, await readBytes(path), decode);
}

/**
 * Decodes a file of one frame.
 * @param bytes all that the file has
 * @throws InputError naming the file where it is anything else
 */
export function onlyFrame<T>(path: string, bytes: Uint8Array, decode: (payload: Uint8Array) => T): T {
  const decoder = createFrameDecoder(path);
  const frames = [...decoder.push(bytes)];
  decoder.end();
  const [frame] = frames;
  if (frames.length !== 1 || !frame) {
    throw new FrameError(path, frames.length === 0 ? 'truncated' : 'corrupt', 0, `${frames.length} frames, expected 1`);
  }
  return inFile(path, 0, () => decode(frame.payload));
}
