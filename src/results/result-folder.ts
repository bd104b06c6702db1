/** Folders that results go into (Node only): what of a folder may be replaced, and what is ours in it. */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { InputError } from '../errors.js';
import { checkOutput, look, readBytes, sha256, sha256OfFile, writeAtomically } from '../files.js';
import { count, list } from '../schema/fields.js';
import { matchSchema } from '../schema/problem.js';
import { dirname, isAbsolute, join, relative, resolve } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { Conflict, NotThere, type Kind } from '../storage/store.js';
import { TOOL } from '../tool.js';
import { headOf } from './own-file.js';

/** Where a folder says which of its files are ours. */
export const MANIFEST = 'manifest.json';

/** What commands write at the top of a folder of results. */
const WRITTEN = new RegExp(
  `^(?:result\\.json|index\\.html|manifest\\.json|(?:${[
    ...['inputs', 'examples', 'steps', 'classes', 'logits', 'references', 'points', 'influence', 'mistakes', 'effects'],
    ...[
      'mistake-inhibitors',
      'figures',
      'queries',
      'suspects',
      'opponents',
      'maps',
      'features',
      'tokens',
      'ledger',
      'layers',
      'units',
      'unit-examples',
      'series',
    ],
    ...['correlations', 'images', 'conditions', 'rules'],
  ].join('|')})\\.(?:csv|parquet)|plots|pictures|query-\\d+|(?:alpha|self-values|values)\\.npy|` +
    '(?:reconstruction-(?:train|test)|accuracy|found)\\.(?:svg|png))$',
);

/** Whether something at the top of a folder has a name that commands write. */
export const isResultName = (name: string): boolean => WRITTEN.test(name);

/** How a result of ours begins, of any kind and version. */
const HEAD = new RegExp(`^\\{"kind":"[a-z]+","schemaVersion":\\d+,"tool":\\{"name":"${TOOL.name}"`);

const manifestSchema = v.object({
  kind: v.literal('files'),
  tool: v.object({ name: v.literal(TOOL.name), version: v.string() }),
  /**
   * Somebody is writing into the folder, or was stopped while they did: who, in random letters, as a store may give equal contents one
   * version. The files are those of the result before.
   */
  unfinished: v.optional(v.string()),
  files: list(
    v.object({
      /** Below the folder, with `/` between its parts. */
      path: v.string(),
      bytes: count,
      sha256: v.string(),
    }),
  ),
});

/** A folder that a result is written into. */
export interface ResultFolder {
  readonly path: string;
  /**
   * Writes a file: whole or not at all.
   * @param name below the folder, with `/` between its parts
   * @throws InputError when it cannot be written
   */
  readonly write: (name: string, content: string | Uint8Array) => Promise<void>;
  /** Takes away what an earlier result left and this one has not, and says which files are ours now. */
  readonly finish: () => Promise<void>;
}

/** How a folder is opened. */
export interface OpenFolder {
  /** Replace results of ours that are in the folder even where no manifest proves that all of it is ours. */
  readonly force: boolean;
  /** Files that the command reads, which must not be replaced; specs such as `data.npz@3` will do. */
  readonly reads?: readonly (string | undefined)[];
}

/**
 * Checks that results can go into a folder, and leaves everything as it is until the first file is written. A folder that holds what an
 * earlier command wrote, and nothing else, may be written again: its manifest proves it. The manifest
 * also says, from the first file on, that the folder is being written, so that what a killed command leaves is known to be ours. Where a
 * store keeps versions, of several commands at once, one writes and the others are told before they have changed anything.
 * @throws InputError when it holds something else and `force` is not set, when what would be replaced is not ours or is read, or when
 *   nothing can be written there
 */
export async function openResultFolder(path: string, { force, reads = [] }: OpenFolder): Promise<ResultFolder> {
  const claim = await openClaim(path);
  const earlier = await readFolderManifest(path);
  const isOurs = earlier !== undefined && !earlier.unfinished && (await isAllOurs(path, earlier.files));
  await checkOutput(path, force || isOurs).catch((error: unknown) => {
    throw earlier === undefined || !(error instanceof InputError)
      ? error
      : changedSince(path, error, earlier.unfinished);
  });
  if (force || isOurs) await refuseLosses(path, force && !isOurs && !earlier?.unfinished, reads);
  const written = new Map<string, Written>();
  let claimed: Promise<void> | undefined;
  return {
    path,
    write: async (name, content) => {
      await (claimed ??= claim.take([...(earlier?.files ?? [])]));
      await writeAtomically(join(path, name), content);
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      written.set(name, { bytes: bytes.length, sha256: sha256(bytes) });
    },
    finish: async () => {
      for (const [name, { sha256: hash }] of earlier?.files ?? []) {
        if (!written.has(name) && (await isStill(join(path, name), hash))) await removeFile(path, name);
      }
      await claim.finish([...written]);
    },
  };
}

/** What a manifest says of a file. */
interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

/** A manifest's way from one result to the next. */
interface Claim {
  /** Says that the folder is being written, where others could not write it at once then. */
  take(files: readonly (readonly [string, Written])[]): Promise<void>;
  /** Says which files there are now. */
  finish(files: readonly (readonly [string, Written])[]): Promise<void>;
}

async function openClaim(path: string): Promise<Claim> {
  const store = storeOf(path);
  const place = join(path, MANIFEST);
  // Before anything of the folder is looked at: what happens to it from here on is found out.
  let version = store.keepsVersions ? (await store.look(place))?.version : undefined;
  const write = async (files: readonly (readonly [string, Written])[], unfinished?: string) => {
    const listed = files.map(([name, of]) => ({ path: name, ...of }));
    const text = `${JSON.stringify({ kind: 'files', tool: TOOL, unfinished, files: listed })}\n`;
    const only = !store.keepsVersions ? undefined : version === undefined ? { absent: true as const } : { version };
    version = await store.write(place, text, { only }).catch((error: unknown) => {
      if (!(error instanceof Conflict)) throw error;
      const problem = 'another command is writing a result into this folder';
      throw new InputError({ file: path, problem, mend: 'leave it to the other, or choose another `out`' });
    });
  };
  return {
    take: (files) => write(files, randomBytes(16).toString('hex')),
    finish: (files) => write(files),
  };
}

/** Files that the manifest of a folder says are ours, with their hashes (SHA-256, hex); undefined where it is missing or damaged. */
export async function listedFiles(path: string): Promise<ReadonlyMap<string, string> | undefined> {
  const found = await readFolderManifest(path);
  return found && new Map([...found.files].map(([name, { sha256: hash }]) => [name, hash]));
}

/** What the manifest of a folder says. */
interface FolderManifest {
  readonly unfinished: boolean;
  readonly files: ReadonlyMap<string, Written>;
}

async function readFolderManifest(path: string): Promise<FolderManifest | undefined> {
  const place = join(path, MANIFEST);
  if ((await look(place))?.kind !== 'file') return undefined;
  const text = new TextDecoder().decode(await readBytes(place));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const checked = matchSchema(manifestSchema, parsed);
  if ('problem' in checked) return undefined;
  const inside = checked.value.files.filter(({ path: name }) => isInside(path, name));
  return {
    unfinished: checked.value.unfinished !== undefined,
    files: new Map(inside.map(({ path: name, ...of }) => [name, of])),
  };
}

/** A manifest may have been written by anyone: what it says of other folders counts for nothing. */
function isInside(path: string, name: string): boolean {
  const way = relative(resolve(path), resolve(path, name));
  return way !== '' && !leadsOut(way) && resolve(path, way) === resolve(path, name);
}

const leadsOut = (way: string): boolean => /^\.\.(?:[\\/]|$)/.test(way) || isAbsolute(way);

/** Whether a folder holds nothing but files of ours, as they were written. */
async function isAllOurs(path: string, files: ReadonlyMap<string, Written>): Promise<boolean> {
  for await (const [name, kind] of below(path)) {
    if (name === MANIFEST) continue;
    const hash = files.get(name)?.sha256;
    if (hash === undefined || kind !== 'file' || !(await isStill(join(path, name), hash))) return false;
  }
  return true;
}

/** What lies below a folder and is no folder, by name. Hidden files are what file managers leave. */
async function* below(folder: string, above = ''): AsyncGenerator<readonly [string, Kind]> {
  for (const { name, kind } of await storeOf(folder).list(folder)) {
    if (kind === 'folder') yield* below(join(folder, name), `${above}${name}/`);
    else if (!name.startsWith('.')) yield [above + name, kind];
  }
}

async function isStill(path: string, hash: string): Promise<boolean> {
  return (await sha256OfFile(path).catch(() => undefined)) === hash;
}

/** Removes a file, and the folders above it that are empty then. */
async function removeFile(path: string, name: string): Promise<void> {
  const store = storeOf(path);
  await store.remove(join(path, name));
  for (let folder = dirname(name); folder !== '.'; folder = dirname(folder)) {
    if (!(await store.removeFolder(join(path, folder)).catch(() => false))) return;
  }
}

function changedSince(path: string, { problem }: InputError, unfinished: boolean): InputError {
  const why = unfinished
    ? 'another command is writing a result into this folder, or was stopped while it did'
    : 'holds more than an earlier result, or one that was changed';
  return new InputError({
    file: path,
    problem: problem === 'the folder is not empty' ? why : problem,
    mend: 'choose another `out` or give `force`',
  });
}

/** @throws InputError for results that are not provably ours, and for files that are read and would be replaced */
async function refuseLosses(path: string, isForced: boolean, reads: readonly (string | undefined)[]): Promise<void> {
  const entries = await storeOf(path)
    .list(path)
    .catch((error: unknown) => {
      if (error instanceof NotThere) return [];
      throw error;
    });
  const written = entries.map(({ name }) => name).find(isResultName);
  if (written === undefined) return;
  if (isForced && !HEAD.test((await headOf(join(path, 'result.json'))) ?? '')) {
    throw new InputError({
      file: join(path, written),
      problem: 'would be replaced, but the folder holds no result of ours',
      mend: 'move the file away, or choose another `out`',
    });
  }
  const folder = await storeOf(path).real(path);
  for (const read of reads) {
    if (read === undefined) continue;
    const place = (await isThere(read)) ? read : read.replace(/@[^@]*$/, '');
    if (!(await isThere(place))) continue;
    const inside = relative(folder, await storeOf(place).real(place));
    if (leadsOut(inside) || !isResultName(inside.split(/[\\/]/)[0]!)) continue;
    throw new InputError({
      file: read,
      problem: `is read, and lies among the results in ${path} that would be replaced`,
      mend: 'choose another `out`',
    });
  }
}

/** What cannot be looked at, whoever reads it will complain of. */
async function isThere(path: string): Promise<boolean> {
  return (await look(path).catch(() => undefined)) !== undefined;
}
