/**
 * A run on its way to a store (Node only): it is written into a folder on a disk as any other, and each manifest that is saved there
 * goes to the store behind what it speaks of. What has arrived is removed from the disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { InputError } from '../errors.js';
import { explainFileError } from '../storage/disk/error.js';
import { join } from '../storage/paths.js';
import { fetchLog } from './fetch-log.js';
import type { RunManifest } from './manifest.js';
import type { RunLock } from './run-lock.js';
import { openUpload } from './upload.js';

/** A folder that a run is written into. */
export interface WritingPlace {
  /** On a disk. */
  readonly folder: string;
  /** What was dropped of the run when it was continued, in words for the user. */
  readonly warnings: readonly string[];
  /**
   * The manifest in the folder is now this one, and what it speaks of is there. Waits while too much is on its way to a store.
   * @param dropped files that the manifest before listed, and this one does not
   * @throws InputError when the store refused what was saved earlier
   */
  saved(manifest: RunManifest, dropped?: readonly string[]): Promise<void>;
  /** Waits until everything that was saved is where the run is. @throws InputError when the store refused it */
  settle(): Promise<void>;
  /** Ends it, once what was saved is where the run is, or was refused there. Safe after a failure. */
  close(): Promise<void>;
}

/** Manifests that may wait for the store, each with a segment and a checkpoint at most; training waits when there are more. */
const MOST_WAITING = 2;

/**
 * Opens a folder for a run in a store.
 * @param address of the run
 * @param resume the manifest of a run that is continued: what its log needs to go on is fetched
 * @throws InputError for a run of the first format, which does not say which files are its own
 */
export async function openStaging(
  address: string,
  lock: Pick<RunLock, 'check'>,
  resume: RunManifest | undefined,
): Promise<WritingPlace> {
  if (resume?.run === '') {
    const problem = 'is a run of the first format, which is continued on a disk only';
    throw new InputError({ file: address, problem, mend: 'copy it to a disk' });
  }
  const parent = tmpdir();
  const folder = await mkdtemp(join(parent, 'onnx-explain-run-')).catch((error: unknown) => {
    throw explainFileError(error, parent);
  });
  try {
    const log = resume ? await fetchLog(address, folder, resume) : { segments: [], later: [], warnings: [] };
    const upload = await openUpload({ address, folder, lock, resume, ...log });
    return { folder, warnings: log.warnings, ...inTurn(upload, folder) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Uploads one after the other, of which so many may wait. */
function inTurn(
  upload: (manifest: RunManifest, dropped: readonly string[]) => Promise<void>,
  folder: string,
): Pick<WritingPlace, 'saved' | 'settle' | 'close'> {
  const queue: Promise<void>[] = [];
  let last = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  const check = () => {
    if (failure) throw failure.error;
  };
  const next = async (manifest: RunManifest, dropped: readonly string[]) => {
    try {
      // Behind what the store has refused nothing may follow: a manifest would speak of what is not there.
      if (!failure) await upload(manifest, dropped);
    } catch (error) {
      failure = { error };
    } finally {
      void queue.shift();
    }
  };
  return {
    saved: async (manifest, dropped = []) => {
      check();
      last = last.then(() => next(manifest, dropped));
      queue.push(last);
      while (queue.length > MOST_WAITING) await queue[0];
      check();
    },
    settle: async () => {
      await last;
      check();
    },
    close: async () => {
      await last;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
