/** Opens one segment for reading: a sealed one must be as it was sealed, another is recovered. */
import { InputError } from '../../errors.js';
import { basename } from '../../storage/paths.js';
import { NotThere } from '../../storage/store.js';
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
  type SegmentFiles,
} from '../format/segment.js';

/** A segment as the reader sees it. */
export interface Segment {
  readonly directory: string;
  readonly header: SegmentHeader;
  /** Its files, as they were when the log was opened. */
  readonly files: SegmentFiles;
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
 * @param files what is in it
 * @param number its number among the log's segments
 * @param last whether it is the last one; only that may lack a seal
 * @param run identifier of the run that it must belong to; undefined where that is not known
 * @throws InputError when it is damaged, incomplete, or of a newer version
 */
export async function openSegment(
  directory: string,
  files: SegmentFiles,
  number: number,
  last: boolean,
  run: string | undefined,
): Promise<Segment | undefined> {
  const header = await readHeader(directory);
  if (!header) {
    // Its header was whole long before it was sealed.
    if (last && !files.has(basename(sealPath(directory)))) return undefined;
    throw new InputError(`${directory}: its header.log is missing or cut off; restore it from a copy`);
  }
  if (run !== undefined) checkRun(directory, header, run);
  if (header.segment !== number) {
    throw new InputError(`${directory}: holds segment ${header.segment}; give the folders their names back`);
  }
  const seal = await readSeal(directory, header);
  if (seal) {
    checkSizes(directory, files, seal);
    return {
      directory,
      header,
      files,
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
  return { directory, header, files, lastStep, sealed: undefined, warnings, columns: () => Promise.resolve(columns) };
}

/**
 * Checks that a sealed segment's files have the lengths that its seal says; what is in them is checked when it is read.
 * @throws InputError naming the first that has not
 */
export function checkSizes(directory: string, files: SegmentFiles, { columns }: SegmentSeal): void {
  const check = (path: string, expected: number) => {
    const size = files.get(basename(path))?.size;
    if (size === undefined) {
      throw new NotThere({ file: path, problem: 'no such file or folder', mend: 'restore it from a copy' });
    }
    if (size === expected) return;
    throw new InputError(
      `${path}: byte ${Math.min(size, expected)}: has ${size} bytes where ${expected} were sealed; restore the file from a copy`,
    );
  };
  for (const { file, frameBytes, residualBytes } of columns) {
    check(columnPath(directory, file), totalBytes(frameBytes));
    if (residualBytes > 0) check(residualPath(directory, file), residualBytes);
  }
}
