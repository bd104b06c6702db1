/** Whether a run is what its training wrote, byte for byte (Node only). */
import { InputError } from '../errors.js';
import { join } from '../storage/paths.js';
import { checkRun, describeSegment, listSegments, logPath, readHeader, readSeal } from '../log/format/segment.js';
import { checkSegment } from '../log/read/check-segment.js';
import { checkSizes } from '../log/read/open-segment.js';
import { storeOf } from '../storage/registry.js';
import type { RunManifest } from './manifest.js';
import { checkRunFiles, isMissing, mayBeMissing } from './run-files.js';

/**
 * Checks every file of a run that its manifest speaks of: models, checkpoints and states by their checksums, the log record by
 * record; in a store, which keeps its bytes itself, by the sizes of its files. A run of the first format has checksums in its log only.
 * @throws InputError naming file and place of the first damage
 */
export async function checkWholeRun(runDirectory: string, manifest: RunManifest): Promise<void> {
  for (const file of manifest.files) {
    if (mayBeMissing(file.path, manifest) && (await isMissing(join(runDirectory, file.path)))) continue;
    await checkRunFiles(runDirectory, [file]);
  }
  await checkLog(runDirectory, manifest);
}

/** Checks the sealed segments that a manifest lists. */
async function checkLog(runDirectory: string, { run, segments }: RunManifest): Promise<void> {
  const sizes = storeOf(runDirectory).keepsVersions ? await listSegments(runDirectory) : undefined;
  for (const [number, listed] of segments.entries()) {
    const directory = join(logPath(runDirectory), listed.directory);
    const header = await readHeader(directory);
    const seal = header && (await readSeal(directory, header));
    if (!header || !seal) {
      const file = header ? 'seal.log' : 'header.log';
      throw new InputError({
        file: join(directory, file),
        problem: 'is missing or cut off',
        mend: 'restore it from a copy',
      });
    }
    checkRun(directory, header, run);
    const found = describeSegment(listed.directory, seal);
    const agrees =
      header.segment === number &&
      found.firstStep === listed.firstStep &&
      found.lastStep === listed.lastStep &&
      found.bytes === listed.bytes;
    if (!agrees) {
      throw new InputError({
        file: directory,
        problem: `is not the segment that run.json lists, with steps ${listed.firstStep} to ${listed.lastStep}`,
        mend: 'restore both from one copy',
      });
    }
    if (sizes) checkSizes(directory, sizes[number]!, seal);
    else await checkSegment({ directory, header, seal });
  }
}
