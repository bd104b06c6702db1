/** Which part of a log stays when training continues after a step, and removing the rest. */
import { InputError } from '../../errors.js';
import type { LayerColumn, SegmentSeal } from '../format/descriptors.js';
import { checkRun, countSegments, logPath, readHeader, readSeal, segmentPath } from '../format/segment.js';
import { removeSegment, segmentFiles } from './remove.js';

/** A sealed segment that stays. */
export interface KeptSegment {
  readonly directory: string;
  readonly seal: SegmentSeal;
}

/**
 * Keeps a log's segments up to a step and removes the others, the last one first.
 * @param after the step after which training continues; undefined: there must be no log
 * @param run identifier of the run
 * @param columns the layers that will be logged, which must be those of the log
 * @throws InputError, before anything is removed, when the log cannot be continued after that step
 */
export async function keepThrough(
  runDirectory: string,
  after: number | undefined,
  run: string,
  columns: readonly LayerColumn[],
): Promise<{ kept: KeptSegment[]; warnings: string[] }> {
  const count = await countSegments(runDirectory);
  if (after === undefined) {
    if (count === 0) return { kept: [], warnings: [] };
    throw new InputError(`${logPath(runDirectory)}: there is a log already; resume its run, or choose another \`out\``);
  }
  const kept: KeptSegment[] = [];
  let keptThrough = 0;
  while (kept.length < count) {
    const directory = segmentPath(runDirectory, kept.length);
    const header = await readHeader(directory);
    if (!header || header.firstStep > after) break;
    checkRun(directory, header, run);
    const seal = await readSeal(directory, header);
    if (!seal) break;
    if (seal.lastStep > after) {
      throw new InputError(
        `${directory}: holds steps ${seal.firstStep} to ${seal.lastStep}, so training cannot continue after step ` +
          `${after}; resume from a checkpoint at step ${keptThrough} or ${seal.lastStep}`,
      );
    }
    if (!sameColumns(header.layers, columns)) {
      throw new InputError(`${directory}: was written for other layers or codecs; resume with the options of the run`);
    }
    kept.push({ directory, seal });
    keptThrough = seal.lastStep;
  }
  if (keptThrough !== after) {
    throw new InputError(
      `${logPath(runDirectory)}: is sealed up to step ${keptThrough}, so training cannot continue after step ${after}; ` +
        `resume from a checkpoint at step ${keptThrough} or before`,
    );
  }
  const dropped: [string, string[]][] = [];
  for (let segment = count - 1; segment >= kept.length; segment--) {
    const directory = segmentPath(runDirectory, segment);
    const files = await segmentFiles(directory, run);
    if (!files) throw new InputError({ file: directory, problem: 'is of another run', mend: 'move it away' });
    dropped.push([directory, files]);
  }
  const warnings: string[] = [];
  for (const [directory, files] of dropped) {
    await removeSegment(directory, files);
    warnings.unshift(`${directory}: dropped, its steps come after step ${after} and are trained again`);
  }
  return { kept, warnings };
}

function sameColumns(a: readonly LayerColumn[], b: readonly LayerColumn[]): boolean {
  return JSON.stringify(a.map(essence)) === JSON.stringify(b.map(essence));
}

function essence({ name, file, codec, codecVersion, tensors }: LayerColumn): unknown[] {
  return [name, file, codec, codecVersion, tensors.map((tensor) => [tensor.name, ...tensor.dims])];
}
