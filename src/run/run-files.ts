/** The files of a run beside its log: written so that the manifest can prove whose they are, and checked against it (Node only). */
import { createHash } from 'node:crypto';
import { InputError } from '../errors.js';
import { sha256OfFile, writeAtomically } from '../files.js';
import { join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { NotThere, type Found } from '../storage/store.js';
import { CHECKPOINTS, RUN_FILES, type CheckpointRecord, type FileRecord, type RunManifest } from './manifest.js';
import { unfinishedName } from './identity.js';

/** Content of a file, in pieces. */
export interface FileContent {
  /** Relative to the run directory. */
  readonly path: string;
  readonly parts: readonly Uint8Array[];
}

/** What the manifest says of a file with that content. */
export function recordOf({ path, parts }: FileContent): FileRecord {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const part of parts) {
    hash.update(part);
    bytes += part.length;
  }
  return { path, bytes, sha256: hash.digest('hex') };
}

/**
 * Writes a file of a run, over one of the run's own only.
 * @param manifest the run's; a file that it lists is the run's if its content is what is listed
 * @throws InputError when another file has its place
 */
export async function writeRunFile(
  runDirectory: string,
  { run, files }: Pick<RunManifest, 'run' | 'files'>,
  content: FileContent,
): Promise<FileRecord> {
  const record = recordOf(content);
  const path = join(runDirectory, content.path);
  if (run !== '') {
    const listed = files.find((file) => file.path === content.path);
    // What was written before a crash is written again, to the same bytes.
    const isOurs = (await isMissing(path)) || (await isAsListed(path, record)) || (await isAsListed(path, listed));
    if (!isOurs) {
      throw new InputError({ file: path, problem: 'is in the way, and not of this run', mend: 'move it away' });
    }
  }
  await writeAtomically(path, content.parts, unfinishedName(run, content.path));
  return record;
}

/**
 * Checks files of a run against their checksums.
 * @param files those to check
 * @throws InputError naming the first that is missing, or is not as it was written
 */
export async function checkRunFiles(runDirectory: string, files: readonly FileRecord[]): Promise<void> {
  for (const { path: name, bytes, sha256 } of files) {
    const path = join(runDirectory, name);
    const size = await sizeOf(path);
    if (size !== bytes) {
      throw new InputError({
        file: path,
        place: `byte ${Math.min(size, bytes)}`,
        problem: `has ${size} bytes, where ${bytes} were written`,
        mend: 'restore it from a copy',
      });
    }
    if ((await sha256OfFile(path)) !== sha256) {
      throw new InputError({
        file: path,
        problem: 'was changed after it was written (its checksum differs)',
        mend: 'restore it from a copy',
      });
    }
  }
}

/** The records of some files, those that hold their external weights among them; none for a run without checksums. */
export function recordsOf({ files }: RunManifest, paths: readonly string[]): FileRecord[] {
  return files.filter(({ path }) => paths.includes(path.replace(/\.data$/, '')));
}

/** What a manifest lists: the run's models, then those of its checkpoints in order. */
export function filesOf(
  run: string,
  checkpoints: readonly CheckpointRecord[],
  before: readonly FileRecord[],
  written: readonly FileRecord[],
): FileRecord[] {
  // The first format lists none.
  if (run === '') return [];
  const records = new Map([...before, ...written].map((record) => [record.path, record]));
  const { initial, sampleWeights, model } = RUN_FILES;
  const ofCheckpoints = checkpoints.flatMap((checkpoint) => [checkpoint.model, checkpoint.state]);
  return [initial, sampleWeights, model, ...ofCheckpoints].flatMap((path) =>
    [records.get(path) ?? [], records.get(`${path}.data`) ?? []].flat(),
  );
}

/** The files of checkpoints that are no longer kept, which this training wrote or has checked. */
export function droppedFrom(before: readonly FileRecord[], after: readonly FileRecord[]): string[] {
  const kept = new Set(after.map(({ path }) => path));
  return before.map(({ path }) => path).filter((path) => !kept.has(path));
}

/** Files that a manifest lists before they are there: see `files`. */
export function mayBeMissing(path: string, { steps, status }: RunManifest): boolean {
  const name = path.replace(/\.data$/, '');
  const isFirst = name === RUN_FILES.initial || name === RUN_FILES.sampleWeights;
  return (isFirst && steps === 0) || (name === RUN_FILES.model && status === 'running');
}

/** @returns whether a file is the one that a record speaks of */
export async function isAsListed(path: string, record: FileRecord | undefined): Promise<boolean> {
  if (!record) return false;
  const found = await atName(path);
  return found?.kind === 'file' && found.size === record.bytes && (await sha256OfFile(path)) === record.sha256;
}

/**
 * What a run writes must stay in its folder.
 * @throws InputError when one of its folders is a symbolic link, or a file
 */
export async function checkFolders(runDirectory: string): Promise<void> {
  for (const name of [CHECKPOINTS, 'log']) {
    const path = join(runDirectory, name);
    const found = await atName(path);
    if (!found || found.kind === 'folder') continue;
    const what = found.kind === 'link' ? 'a symbolic link, which may lead out of the run' : 'a file';
    throw new InputError({ file: path, problem: `is ${what}, expected a folder`, mend: 'move it away' });
  }
}

/** @returns whether nothing has that name */
export async function isMissing(path: string): Promise<boolean> {
  return (await atName(path)) === undefined;
}

/** What has a name itself: a link is one. */
export function atName(path: string): Promise<Found | undefined> {
  return storeOf(path).look(path, false);
}

async function sizeOf(path: string): Promise<number> {
  const found = await atName(path);
  if (found) return found.size;
  throw new NotThere({ file: path, problem: 'no such file or folder', mend: 'check the path' });
}
