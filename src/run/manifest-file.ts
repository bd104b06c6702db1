/** run.json on disk (Node only). */
import { isUtf8 } from 'node:buffer';
import * as v from 'valibot';
import { InputError } from '../errors.js';
import { look, readBytes, sha256, writeAtomically } from '../files.js';
import { join } from '../storage/paths.js';
import { matchSchema } from '../schema/problem.js';
import { canonicalJson } from './canonical-json.js';
import { unfinishedName } from './identity.js';
import { manifestSchema, RUN_FILES, RUN_FORMAT_VERSION, type RunManifest } from './manifest.js';
import { parseJson } from '../schema/json.js';

/** Tens of thousands of segments and epochs fit; refused before it is read. */
const LARGEST_MANIFEST = 2 ** 24;

const COPY = 'restore it from a copy';

/**
 * Reads a run's manifest.
 * @throws InputError when the folder is not a run directory, was made by a newer version, or the manifest is not as it was written
 */
export async function readManifest(runDirectory: string): Promise<RunManifest> {
  const path = join(runDirectory, RUN_FILES.manifest);
  const found = parse(await readText(runDirectory, path), path);
  const head = v.safeParse(v.object({ kind: v.literal('run'), formatVersion: v.number() }), found.value);
  if (!head.success) {
    throw new InputError({
      file: path,
      problem: 'not the manifest of a run of ours',
      mend: 'name a folder that onnx-explain train has made',
    });
  }
  const { formatVersion } = head.output;
  if (formatVersion > RUN_FORMAT_VERSION) {
    throw new InputError({
      file: path,
      problem: `made by a newer version (format ${formatVersion}, this one reads up to ${RUN_FORMAT_VERSION})`,
      mend: 'update onnx-explain',
    });
  }
  const checked = matchSchema(manifestSchema, formatVersion === 1 ? upgraded(found.value) : found.value);
  if ('problem' in checked) {
    const { path: place, message } = checked.problem;
    throw new InputError({ file: path, place: place === '' ? undefined : place, problem: message, mend: COPY });
  }
  if (formatVersion > 1) checkUnchanged(found, path);
  return checked.value;
}

/** Replaces a run's manifest, whole. */
export async function writeManifest(runDirectory: string, manifest: RunManifest): Promise<void> {
  const path = join(runDirectory, RUN_FILES.manifest);
  await writeAtomically(path, manifestText(manifest), unfinishedName(manifest.run, RUN_FILES.manifest));
}

/** A manifest as its file has it. */
export function manifestText(manifest: RunManifest): string {
  return textOf(sealed(manifest));
}

/** A manifest with its checksum, which the first version has not. */
function sealed(manifest: RunManifest): object {
  if (manifest.formatVersion === 1) {
    return { ...manifest, run: undefined, files: undefined };
  }
  return { ...manifest, checksum: sha256(new TextEncoder().encode(canonicalJson(manifest))) };
}

const textOf = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function upgraded(value: unknown): object {
  return { ...(value as object), run: '', files: [] };
}

interface Parsed {
  readonly text: string;
  readonly value: unknown;
}

/** The value has not changed, nor the text: a bit that changes no value is damage too. */
function checkUnchanged({ text, value }: Parsed, path: string): void {
  const { checksum, ...rest } = value as Record<string, unknown>;
  if (checksum === sha256(new TextEncoder().encode(canonicalJson(rest))) && text === textOf(value)) return;
  throw new InputError({ file: path, problem: 'was changed after it was written (its checksum differs)', mend: COPY });
}

async function readText(runDirectory: string, path: string): Promise<string> {
  const info = await look(path);
  if (!info) {
    const folder = await look(runDirectory);
    if (folder && folder.kind !== 'folder') {
      throw new InputError({ file: runDirectory, problem: 'is a file, expected a run directory' });
    }
    throw new InputError({
      file: runDirectory,
      problem: 'not a run directory (no readable run.json)',
      mend: 'make one with onnx-explain train',
    });
  }
  if (info.size > LARGEST_MANIFEST) {
    throw new InputError({ file: path, problem: `${info.size} bytes are too many for a manifest`, mend: COPY });
  }
  const bytes = await readBytes(path);
  if (!isUtf8(bytes)) throw new InputError({ file: path, problem: 'not UTF-8 text', mend: COPY });
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function parse(text: string, path: string): Parsed {
  const value = parseJson(
    text,
    (why, cause) => new InputError({ file: path, problem: `not valid JSON (${why})`, mend: COPY }, { cause }),
  );
  return { text, value };
}
