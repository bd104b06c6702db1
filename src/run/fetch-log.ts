/** What a log in a store must be known by to be continued (Node only): the ends of its segments, and what the last one owes. */
import { InputError } from '../errors.js';
import { inParallel } from '../data/examples.js';
import { listSegments, logPath, readHeader, segmentPath } from '../log/format/segment.js';
import { segmentFiles } from '../log/write/remove.js';
import { basename, join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import type { RunManifest } from './manifest.js';

/** What was fetched. */
export interface FetchedLog {
  /** Names of the segments that stay. */
  readonly segments: readonly string[];
  /** Segments that come later, by folder with their files, the last one first: no manifest may list them when they are removed. */
  readonly later: readonly (readonly [string, readonly string[]])[];
  /** What will be dropped, in words for the user. */
  readonly warnings: readonly string[];
}

/**
 * Fetches the ends of the segments that a training continues after.
 * @param folder a run directory on a disk, which the log's writer is opened in
 * @throws InputError where a segment is of another run
 */
export async function fetchLog(
  address: string,
  folder: string,
  { run, checkpoints }: RunManifest,
): Promise<FetchedLog> {
  const after = checkpoints.at(-1)?.step ?? 0;
  const listed = await listSegments(address);
  let kept = 0;
  while (kept < listed.length) {
    const header = await readHeader(segmentPath(address, kept));
    if (!header || header.firstStep > after || !listed[kept]!.has('seal.log')) break;
    kept++;
  }
  const later: [string, string[]][] = [];
  for (let segment = listed.length - 1; segment >= kept; segment--) {
    const directory = segmentPath(address, segment);
    const files = await segmentFiles(directory, run);
    if (!files) throw new InputError({ file: directory, problem: 'is of another run', mend: 'move it away' });
    later.push([directory, files]);
  }
  const warnings = later
    .map(([directory]) => `${directory}: dropped, its steps come after step ${after} and are trained again`)
    .reverse();
  const names = Array.from({ length: kept }, (_, i) => basename(segmentPath(address, i)));
  const wanted = names.flatMap((name, i) =>
    [...listed[i]!.keys()]
      .filter((file) => /^(?:header|seal)\.log$/.test(file) || (i === kept - 1 && file.endsWith('.residual')))
      .map((file) => join(name, file)),
  );
  await inParallel(wanted.length, async (i) => {
    const [from, to] = [join(logPath(address), wanted[i]!), join(logPath(folder), wanted[i]!)];
    await storeOf(to).write(to, storeOf(from).stream(from));
  });
  return { segments: names, later, warnings };
}
