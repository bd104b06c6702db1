/** What of a run goes to a store, in which order, and in the place of what (Node only). */
import { rm } from 'node:fs/promises';
import { inParallel } from '../data/examples.js';
import { InputError } from '../errors.js';
import { headerPath, logPath, sealPath } from '../log/format/segment.js';
import { removeSegment } from '../log/write/remove.js';
import { basename, join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { Conflict, type Condition } from '../storage/store.js';
import { manifestText } from './manifest-file.js';
import { RUN_FILES, type FileRecord, type RunManifest } from './manifest.js';
import { atName, isAsListed, isMissing, mayBeMissing } from './run-files.js';
import { takenOver, type RunLock } from './run-lock.js';

/** A run, and the folder that it is written into. */
export interface UploadedRun {
  readonly address: string;
  readonly folder: string;
  /** Of the run in the store. */
  readonly lock: Pick<RunLock, 'check'>;
  /** The manifest in the store, of a run that is continued. */
  readonly resume: RunManifest | undefined;
  /** Names of the segments that are in the store. */
  readonly segments: readonly string[];
  /** Segments in the store that are trained again, with their files: they go once no manifest lists them. */
  readonly later: readonly (readonly [string, readonly string[]])[];
}

/**
 * Opens the way of a run to its store.
 * @returns a function that brings everything that a manifest speaks of, and then the manifest, to the store, in the place of the one
 *   before and of no other; what the log no longer needs is removed from the folder then. It is called for one manifest after the other
 */
export async function openUpload({
  address,
  folder,
  lock,
  resume,
  segments,
  later,
}: UploadedRun): Promise<(manifest: RunManifest, dropped: readonly string[]) => Promise<void>> {
  const store = storeOf(address);
  const manifestPath = join(address, RUN_FILES.manifest);
  let version = (await store.look(manifestPath))?.version;
  const arrived = new Set(segments);
  /** What the manifest in the store lists. */
  let listed: readonly FileRecord[] = resume?.files ?? [];
  let leftovers = later;
  const hashes = new Map<string, string>();
  for (const { path, sha256 } of listed) {
    if (!(resume && mayBeMissing(path, resume) && (await isMissing(join(address, path))))) hashes.set(path, sha256);
  }

  return async (manifest, dropped) => {
    await lock.check();
    for (const { directory } of manifest.segments) {
      if (arrived.has(directory)) continue;
      await putSegment(join(logPath(folder), directory), join(logPath(address), directory));
      arrived.add(directory);
    }
    for (const record of manifest.files) {
      const from = join(folder, record.path);
      if (hashes.get(record.path) === record.sha256 || (await isMissing(from))) continue;
      const before = listed.find(({ path }) => path === record.path);
      await putFile(from, join(address, record.path), record, before);
      hashes.set(record.path, record.sha256);
    }
    const only: Condition = version === undefined ? { absent: true } : { version };
    version = await store.write(manifestPath, manifestText(manifest), { only }).catch((error: unknown) => {
      throw error instanceof Conflict ? takenOver(address) : error;
    });
    listed = manifest.files;
    for (const [directory, files] of leftovers) await removeSegment(directory, files);
    leftovers = [];
    for (const path of dropped) {
      await store.remove(join(address, path));
      await rm(join(folder, path), { force: true });
      hashes.delete(path);
    }
    // The log closes its books on a segment by what the one before it owed.
    for (const { directory } of manifest.segments.slice(0, -1)) {
      await rm(join(logPath(folder), directory), { recursive: true, force: true });
    }
  };
}

/** Files of a segment that go up at once; of each, tens of megabytes may be in memory. */
const AT_ONCE = 3;

/** Brings a sealed segment to a store. Its seal comes last, once all else has arrived whole: without it there is no segment. */
async function putSegment(from: string, to: string): Promise<void> {
  const store = storeOf(to);
  const files = await storeOf(from).files(from);
  const seal = basename(sealPath(from));
  const first = basename(headerPath(from));
  const others = [...files.keys()].filter((name) => name !== seal && name !== first);
  const put = async (name: string) => {
    await store.write(join(to, name), storeOf(from).stream(join(from, name)), { only: { absent: true } });
  };
  await put(first);
  await inParallel(others.length, (i) => put(others[i]!), AT_ONCE);
  const there = await store.files(to);
  for (const [name, { size }] of files) {
    const found = there.get(name)?.size;
    if (name === seal || found === size) continue;
    const problem = `has ${found ?? 0} bytes in the store, where ${size} were written`;
    throw new InputError({ file: join(to, name), problem, mend: 'continue the run with `resume`' });
  }
  await put(seal);
}

/** Brings a file of a run to a store, over one of the run's own only. */
async function putFile(from: string, to: string, record: FileRecord, before: FileRecord | undefined): Promise<void> {
  const store = storeOf(to);
  const put = (only: Condition) => store.write(to, storeOf(from).stream(from), { only });
  try {
    await put({ absent: true });
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const found = await atName(to);
    if (await isAsListed(to, record)) return;
    if (found?.version === undefined || !(await isAsListed(to, before))) {
      throw new InputError({ file: to, problem: 'is in the way, and not of this run', mend: 'move it away' });
    }
    await put({ version: found.version });
  }
}
