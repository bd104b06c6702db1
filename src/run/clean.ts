/** Removing a run from its folder, or what a crash left half-done; never anything else (Node only). */
import { InputError } from '../errors.js';
import { readBytes } from '../files.js';
import { join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { logPath, namesIn } from '../log/format/segment.js';
import { removeSegment, segmentFiles } from '../log/write/remove.js';
import { onnx, type Model } from '../onnx/model.js';
import { isMarkedAsOf, isUnfinished } from './identity.js';
import { isPassingLock, LOCK_FILE, readLock } from './lock-file.js';
import { CHECKPOINT_FILE, CHECKPOINTS, RUN_FILES, type RunManifest } from './manifest.js';
import { readManifest } from './manifest-file.js';
import { atName, checkFolders, isAsListed, isMissing } from './run-files.js';

/** What a run owns in its folder. */
interface Belongings {
  /** Files beside the log, the manifest aside. */
  readonly files: readonly string[];
  /** Its identifier, where there is a manifest. */
  readonly run?: string;
  /** Segments of the log by folder, with their files. */
  readonly segments: readonly (readonly [string, readonly string[]])[];
}

/** Where a run's manifest is missing, nothing is its own but what bears the mark of the run that a lock names. */
const NOTHING: Belongings = { files: [], segments: [] };

/**
 * Checks that a training can begin in a folder, and changes nothing.
 * @param force whether a run that is there may be removed
 * @param read files that are read meanwhile, and must stay
 * @throws InputError when the folder holds anything, or, with `force`, when what is in the way is not provably a run's
 */
export async function checkBeginning(runDirectory: string, force: boolean, read: readonly string[]): Promise<void> {
  const names = await namesIn(runDirectory);
  if (names.length === 0) return;
  if (!force && !(await isNotBegun(runDirectory, names))) {
    const begun = names.includes(RUN_FILES.manifest);
    throw new InputError({
      file: runDirectory,
      problem: 'the folder is not empty',
      mend: `choose another \`out\`${begun ? ', or add `resume` to continue the run that is in it,' : ''} or add \`force\``,
    });
  }
  const own = await belongings(runDirectory);
  await checkNothingInTheWay(runDirectory, own);
  const removed = new Set(
    await Promise.all(
      [...own.files, ...own.segments.flatMap(([, files]) => files)].map((path) => storeOf(path).real(path)),
    ),
  );
  for (const path of read) {
    if (!removed.has(await storeOf(path).real(path))) continue;
    throw new InputError({
      file: path,
      problem: `is read, and is part of the run in ${runDirectory} that would be removed`,
      mend: 'copy it to another place first, or choose another `out`',
    });
  }
}

/**
 * Removes the run in a folder, if there is one. Other files stay. The caller holds the lock.
 * @param previousRun identifier of the run whose training was killed in this folder
 * @throws InputError, before anything is removed, as {@link checkBeginning} does
 */
export async function clearRun(runDirectory: string, previousRun: string | undefined): Promise<void> {
  const own = await belongings(runDirectory);
  await checkNothingInTheWay(runDirectory, own);
  const store = storeOf(runDirectory);
  // The last segment first and the manifest last: whenever this is interrupted, what is left is still known as the run's.
  for (const [directory, files] of [...own.segments].reverse()) await removeSegment(directory, files);
  for (const path of own.files) await store.remove(path);
  for (const folder of [logPath(runDirectory), join(runDirectory, CHECKPOINTS)]) await store.removeFolder(folder);
  for (const run of [own.run, previousRun]) await removeUnfinished(runDirectory, run);
  await store.remove(join(runDirectory, RUN_FILES.manifest));
}

/**
 * Removes what a crash left in a run that is to be continued: files that were being written, and checkpoints that the
 * manifest does not list (yet, or any more) but that say themselves whose they are. The caller holds the lock.
 */
export async function sweepRun(runDirectory: string, manifest: RunManifest): Promise<void> {
  await checkFolders(runDirectory);
  for (const path of await unlistedCheckpoints(runDirectory, manifest)) await storeOf(path).remove(path);
  for (const folder of [runDirectory, join(runDirectory, CHECKPOINTS)]) await removeUnfinished(folder, manifest.run);
}

/** Whether a training was killed before it had done anything that could be continued. */
export async function isNotBegun(runDirectory: string, names: readonly string[]): Promise<boolean> {
  const lock = await readLock(join(runDirectory, LOCK_FILE));
  let run = lock?.run;
  let listed: readonly string[] = [];
  if (names.includes(RUN_FILES.manifest)) {
    const manifest = await readManifest(runDirectory).catch(() => undefined);
    if (manifest?.status !== 'running' || manifest.steps > 0 || names.includes(RUN_FILES.initial)) return false;
    ({ run } = manifest);
    listed = manifest.files.map(({ path }) => path);
  }
  return names.every(
    (name) =>
      name === RUN_FILES.manifest ||
      // Written before `initial.onnx`, and made again from what the training is given.
      (name === RUN_FILES.sampleWeights && listed.includes(name)) ||
      (name === LOCK_FILE && lock !== undefined) ||
      isPassingLock(name) ||
      (run !== undefined && isUnfinished(run, name)),
  );
}

/** @throws InputError when what has the place of a file of the run is not what the run wrote */
async function belongings(runDirectory: string): Promise<Belongings> {
  await checkFolders(runDirectory);
  if (await isMissing(join(runDirectory, RUN_FILES.manifest))) return NOTHING;
  const manifest = await readManifest(runDirectory).catch(leaveAlone);
  const listed =
    manifest.run === '' ? await firstFormatFiles(runDirectory, manifest) : await listedFiles(runDirectory, manifest);
  const segments: [string, string[]][] = [];
  for (const name of (await namesIn(logPath(runDirectory))).sort()) {
    if (!/^segment-\d{5,10}$/.test(name)) continue;
    const directory = join(logPath(runDirectory), name);
    const files = await segmentFiles(directory, manifest.run);
    if (files) segments.push([directory, files]);
  }
  const unlisted = await unlistedCheckpoints(runDirectory, manifest);
  const unfinished = (await namesIn(join(runDirectory, CHECKPOINTS)))
    .filter((name) => isUnfinished(manifest.run, name))
    .map((name) => join(runDirectory, CHECKPOINTS, name));
  return { run: manifest.run, files: [...listed, ...unlisted, ...unfinished], segments };
}

/** Without a manifest of ours that is as it was written, nothing in a folder is provably ours. */
function leaveAlone(error: unknown): never {
  if (!(error instanceof InputError)) throw error;
  const { file, place, problem } = error;
  throw new InputError(
    { file, place, problem, mend: 'nothing beside it is removed: choose another `out`, or move the file away' },
    { cause: error },
  );
}

async function listedFiles(runDirectory: string, { files }: RunManifest): Promise<string[]> {
  const own: string[] = [];
  for (const record of files) {
    const path = join(runDirectory, record.path);
    if (await isMissing(path)) continue;
    if (!(await isAsListed(path, record))) throw notTheRuns(path);
    own.push(path);
  }
  return own;
}

/** A run of the first format has no checksums: what it names must at least be models. */
async function firstFormatFiles(runDirectory: string, { checkpoints }: RunManifest): Promise<string[]> {
  const own: string[] = [];
  const names = [RUN_FILES.initial, RUN_FILES.model, ...checkpoints.flatMap(({ model, state }) => [model, state])];
  for (const path of names.map((name) => join(runDirectory, name))) {
    if (await isMissing(path)) continue;
    if (!(await modelIn(path))) throw notTheRuns(path);
    own.push(path);
  }
  return own;
}

async function unlistedCheckpoints(runDirectory: string, { run, files }: RunManifest): Promise<string[]> {
  const listed = new Set(files.map(({ path }) => path));
  const own: string[] = [];
  for (const name of await namesIn(join(runDirectory, CHECKPOINTS))) {
    if (!CHECKPOINT_FILE.test(name) || listed.has(`${CHECKPOINTS}/${name}`)) continue;
    const path = join(runDirectory, CHECKPOINTS, name);
    const model = await modelIn(path);
    if (model && isMarkedAsOf(model, run)) own.push(path);
  }
  return own;
}

async function modelIn(path: string): Promise<Model | undefined> {
  if ((await atName(path))?.kind !== 'file') return undefined;
  const bytes = await readBytes(path);
  try {
    // Not as a model to run: a state holds nothing but weights.
    return onnx.ModelProto.decode(bytes);
  } catch {
    return undefined;
  }
}

/** What a training writes by name must not be there once the run's own files are gone. */
async function checkNothingInTheWay(runDirectory: string, own: Belongings): Promise<void> {
  const removed = new Set([...own.files, ...own.segments.map(([directory]) => directory)]);
  const written = [
    join(runDirectory, RUN_FILES.sampleWeights),
    ...[RUN_FILES.initial, RUN_FILES.model]
      .flatMap((name) => [name, `${name}.data`])
      .map((name) => join(runDirectory, name)),
    ...(await namesIn(join(runDirectory, CHECKPOINTS)))
      .filter((name) => CHECKPOINT_FILE.test(name.replace(/\.data$/, '')))
      .map((name) => join(runDirectory, CHECKPOINTS, name)),
    ...(await namesIn(logPath(runDirectory)))
      .filter((name) => /^segment-\d{5,10}$/.test(name))
      .map((name) => join(logPath(runDirectory), name)),
  ];
  for (const path of written) {
    if (!removed.has(path) && !(await isMissing(path))) throw notTheRuns(path);
  }
}

async function removeUnfinished(folder: string, run: string | undefined): Promise<void> {
  if (run === undefined || run === '') return;
  for (const name of await namesIn(folder)) {
    if (isUnfinished(run, name)) await storeOf(folder).remove(join(folder, name));
  }
}

function notTheRuns(path: string): InputError {
  return new InputError({
    file: path,
    problem: 'is in the way, and not what a run wrote there',
    mend: 'move it away or delete it, or choose another `out`',
  });
}
