/** The folder that ONNX Runtime writes recordings to: one that a killed process leaves behind is taken away by the next. Node only. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, thisProcess, type ProcessIdentity } from '../run/process-identity.js';
import { TOOL } from '../tool.js';

/** What names of our folders begin with. */
const PREFIX = `${TOOL.name}-profile-`;

/** The file that says whose a folder is. */
const OWNER = 'owner.json';

/** Makes a folder of this process, and takes away those of processes that have ended. */
export async function recordingFolder(): Promise<string> {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFile(join(folder, OWNER), JSON.stringify(thisProcess()));
  return folder;
}

/** Takes away our folders whose process is known to run no longer. What cannot be read or removed stays. */
async function sweep(): Promise<void> {
  const entries = await readdir(tmpdir(), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isDirectory() || !entry.name.startsWith(PREFIX)) continue;
    const folder = join(tmpdir(), entry.name);
    const owner = await ownerOf(folder);
    if (!owner || isRunning(owner) !== false) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Undefined where a folder does not say whose it is. */
async function ownerOf(folder: string): Promise<ProcessIdentity | undefined> {
  try {
    const owner = JSON.parse(await readFile(join(folder, OWNER), 'utf8')) as ProcessIdentity | null;
    return Number.isSafeInteger(owner?.pid) && typeof owner?.host === 'string' ? owner : undefined;
  } catch {
    return undefined;
  }
}
