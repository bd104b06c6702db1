/** Opens one segment for reading: a sealed one must be as it was sealed, another is recovered. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { InputError } from '../../errors.js';
import { explainFileError } from '../../storage/disk/error.js';
import { totalBytes, type ColumnIndex, type SegmentHeader, type SegmentSeal } from '../format/descriptors.js';
import { recoverSegment } from './recover.js';
import {
  checkRun,
  columnPath,
  describeSegment,
  readHeader,
  readSeal,
  residualPath,
  sealPath,
  type SealedSegment,
} from '../format/segment.js';

/** A segment as the reader sees it. */
export interface Segment {
  readonly directory: string;
  readonly header: SegmentHeader;
  /** Last step that is whole in every column. */
  readonly lastStep: number;
  /** What its seal says; undefined for a recovered segment. */
  readonly sealed: SealedSegment | undefined;
  /** What was cut, in words for the user. */
  readonly warnings: readonly string[];
  /** The steps column, then the layers'. A sealed segment's index is read when it is asked for: memory must not grow. */
  columns(): Promise<readonly ColumnIndex[]>;
}

/**
 * Opens a segment; undefined when its writer stopped before it had a header (then it is empty).
 * @param number its number among the log's segments
 * @param last whether it is the last one; only that may lack a seal
 * @param run identifier of the run that it must belong to; undefined where that is not known
 * @throws InputError when it is damaged, incomplete, or of a newer version
 */
export async function openSegment(
  directory: string,
  number: number,
  last: boolean,
  run: string | undefined,
): Promise<Segment | undefined> {
  const header = await readHeader(directory);
  if (!header) {
    // Its header was whole long before it was sealed.
    if (last && !(await stat(sealPath(directory)).catch(() => undefined))) return undefined;
    throw new InputError(`${directory}: its header.log is missing or cut off; restore it from a copy`);
  }
  if (run !== undefined) checkRun(directory, header, run);
  if (header.segment !== number) {
    throw new InputError(`${directory}: holds segment ${header.segment}; give the folders their names back`);
  }
  const seal = await readSeal(directory, header);
  if (seal) {
    await checkSizes(directory, seal);
    return {
      directory,
      header,
      lastStep: seal.lastStep,
      sealed: describeSegment(basename(directory), seal),
      warnings: [],
      columns: async () => {
        const again = await readSeal(directory, header);
        if (!again) throw new InputError(`${directory}: its seal.log is gone since the log was opened`);
        return again.columns;
      },
    };
  }
  if (!last) throw new InputError(`${directory}: its seal.log is missing; restore it from a copy`);
  const { lastStep, columns, cuts } = await recoverSegment(directory, header);
  const kept = lastStep - header.firstStep + 1;
  const found = kept > 0 ? `its ${kept} whole steps up to step ${lastStep} are read` : 'it holds no whole step';
  const warnings = [`${directory}: not sealed, the run was stopped or is going on; ${[found, ...cuts].join('; ')}`];
  return { directory, header, lastStep, sealed: undefined, warnings, columns: () => Promise.resolve(columns) };
}

/** A sealed segment's files have the lengths that its seal says; what is in them is checked when it is read. */
async function checkSizes(directory: string, { columns }: SegmentSeal): Promise<void> {
  for (const { file, frameBytes, residualBytes } of columns) {
    await checkSize(columnPath(directory, file), totalBytes(frameBytes));
    if (residualBytes > 0) await checkSize(residualPath(directory, file), residualBytes);
  }
}

async function checkSize(path: string, expected: number): Promise<void> {
  let size: number;
  try {
    ({ size } = await stat(path));
  } catch (error) {
    throw explainFileError(error, path);
  }
  if (size !== expected) {
    const place = Math.min(size, expected);
    throw new InputError(
      `${path}: byte ${place}: has ${size} bytes where ${expected} were sealed; restore the file from a copy`,
    );
  }
}
