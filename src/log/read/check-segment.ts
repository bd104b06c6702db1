/** Reads every byte of a sealed segment: each record must be the one that was sealed. */
import { InputError } from '../../errors.js';
import { storeOf } from '../../storage/registry.js';
import { originOf, type ColumnIndex, type SegmentHeader, type SegmentSeal } from '../format/descriptors.js';
import { createFrameDecoder } from '../format/frame.js';
import { inFile } from '../format/parse.js';
import { decodeStep, stepOfDelta } from '../format/records.js';
import { columnPath, readResidual, STEPS } from '../format/segment.js';

/** A segment with what stands at its two ends. */
export interface SegmentEnds {
  readonly directory: string;
  readonly header: SegmentHeader;
  readonly seal: Pick<SegmentSeal, 'lastStep' | 'columns'>;
}

/**
 * Checks a sealed segment's columns and residuals, at the speed of reading them: no update is decoded.
 * @throws InputError naming the file and the byte of the first record that is damaged, missing, or of another log
 */
export async function checkSegment({ directory, header, seal }: SegmentEnds): Promise<void> {
  for (const [i, column] of seal.columns.entries()) {
    const origin = originOf(header, column.file);
    const stepOf = column.file === STEPS ? stepOfRecord : stepOfDelta;
    await checkColumn(columnPath(directory, column.file), column, header.firstStep, (payload) =>
      stepOf(payload, origin),
    );
    if (column.residualBytes === 0) continue;
    await readResidual(directory, header.layers[i - 1]!, { step: seal.lastStep, origin });
  }
}

const stepOfRecord = (payload: Uint8Array, origin: number) => decodeStep(payload, origin).step;

async function checkColumn(
  path: string,
  { frameBytes }: ColumnIndex,
  firstStep: number,
  stepOf: (payload: Uint8Array) => number,
): Promise<void> {
  const decoder = createFrameDecoder(path);
  let found = 0;
  for await (const chunk of storeOf(path).stream(path)) {
    for (const { offset, bytes, payload } of decoder.push(chunk)) {
      inFile(path, offset, () => {
        const step = stepOf(payload);
        if (step !== firstStep + found) throw new InputError(`step ${step}, expected step ${firstStep + found}`);
        if (bytes !== frameBytes[found]) throw new InputError(`not the record that was sealed; restore the file`);
      });
      found++;
    }
  }
  decoder.end();
  if (found !== frameBytes.length) {
    throw new InputError(`${path}: ${found} records, where ${frameBytes.length} were sealed; restore the file`);
  }
}
