/** Folders that results go into (Node only): what of a folder may be replaced, and what is ours in it. */
import { readdir, readFile, realpath, rm, rmdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import * as v from 'valibot';
import { InputError } from '../errors.js';
import { checkOutput, sha256, sha256OfFile, writeAtomically } from '../files.js';
import { explainFileError } from '../storage/disk/error.js';
import { count, list } from '../schema/fields.js';
import { matchSchema } from '../schema/problem.js';
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
 * earlier command wrote, and nothing else, may be written again: its manifest proves it.
 * @throws InputError when it holds something else and `force` is not set, when what would be replaced is not ours or is read, or when
 *   nothing can be written there
 */
export async function openResultFolder(path: string, { force, reads = [] }: OpenFolder): Promise<ResultFolder> {
  const earlier = await listedFiles(path);
  const isOurs = earlier !== undefined && (await isAllOurs(path, earlier));
  await checkOutput(path, force || isOurs).catch((error: unknown) => {
    throw earlier === undefined || !(error instanceof InputError) ? error : changedSince(path, error);
  });
  if (force || isOurs) await refuseLosses(path, force && !isOurs, reads);
  const written = new Map<string, { readonly bytes: number; readonly sha256: string }>();
  return {
    path,
    write: async (name, content) => {
      await writeAtomically(join(path, name), content);
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      written.set(name, { bytes: bytes.length, sha256: sha256(bytes) });
    },
    finish: async () => {
      for (const [name, hash] of earlier ?? []) {
        if (!written.has(name) && (await isStill(join(path, name), hash))) await removeFile(path, name);
      }
      const files = [...written].map(([name, of]) => ({ path: name, ...of }));
      await writeAtomically(join(path, MANIFEST), `${JSON.stringify({ kind: 'files', tool: TOOL, files })}\n`);
    },
  };
}

/** Files that the manifest of a folder says are ours, with their hashes (SHA-256, hex); undefined where it is missing or damaged. */
export async function listedFiles(path: string): Promise<ReadonlyMap<string, string> | undefined> {
  const text = await readFile(join(path, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const checked = matchSchema(manifestSchema, parsed);
  if ('problem' in checked) return undefined;
  const inside = checked.value.files.filter(({ path: name }) => isInside(path, name));
  return new Map(inside.map(({ path: name, sha256: hash }) => [name, hash]));
}

/** A manifest may have been written by anyone: what it says of other folders counts for nothing. */
function isInside(path: string, name: string): boolean {
  const way = relative(resolve(path), resolve(path, name));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && resolve(path, way) === resolve(path, name);
}

/** Whether a folder holds nothing but files of ours, as they were written. Hidden files are what file managers leave. */
async function isAllOurs(path: string, files: ReadonlyMap<string, string>): Promise<boolean> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.isDirectory()) continue;
    const full = join(entry.parentPath, entry.name);
    const name = relative(path, full).replaceAll(sep, '/');
    if (name === MANIFEST) continue;
    const hash = files.get(name);
    if (hash === undefined || !entry.isFile() || !(await isStill(full, hash))) return false;
  }
  return true;
}

async function isStill(path: string, hash: string): Promise<boolean> {
  return (await sha256OfFile(path).catch(() => undefined)) === hash;
}

/** Removes a file, and the folders above it that are empty then. */
async function removeFile(path: string, name: string): Promise<void> {
  try {
    await rm(join(path, name));
  } catch (error) {
    throw explainFileError(error, join(path, name));
  }
  for (let folder = dirname(name); folder !== '.'; folder = dirname(folder)) {
    const isGone = await rmdir(join(path, folder)).then(
      () => true,
      () => false,
    );
    if (!isGone) return;
  }
}

function changedSince(path: string, { problem }: InputError): InputError {
  return new InputError({
    file: path,
    problem:
      problem === 'the folder is not empty' ? 'holds more than an earlier result, or one that was changed' : problem,
    mend: 'choose another `out` or give `force`',
  });
}

/** @throws InputError for results that are not provably ours, and for files that are read and would be replaced */
async function refuseLosses(path: string, isForced: boolean, reads: readonly (string | undefined)[]): Promise<void> {
  const names = await readdir(path).catch((): string[] => []);
  const written = names.find(isResultName);
  if (written === undefined) return;
  if (isForced && !HEAD.test((await headOf(join(path, 'result.json'))) ?? '')) {
    throw new InputError({
      file: join(path, written),
      problem: 'would be replaced, but the folder holds no result of ours',
      mend: 'move the file away, or choose another `out`',
    });
  }
  const folder = await realpath(path);
  for (const read of reads) {
    if (read === undefined) continue;
    const real = await realpath(read).catch(() => realpath(read.replace(/@[^@]*$/, '')).catch(() => undefined));
    if (real === undefined) continue;
    const inside = relative(folder, real);
    if (inside.startsWith('..') || !isResultName(inside.split(sep)[0]!)) continue;
    throw new InputError({
      file: read,
      problem: `is read, and lies among the results in ${path} that would be replaced`,
      mend: 'choose another `out`',
    });
  }
}
