/** Model files, Node only. */
import { InputError } from '../errors.js';
import { look, readBytes, sha256, writeAtomically } from '../files.js';
import { basename, dirname } from '../storage/paths.js';
import { TOOL } from '../tool.js';
import { cloneModel, decodeModel, encodeModel } from './codec.js';
import { extractExternalData, loadExternalData } from './external-data.js';
import type { Model } from './model.js';
import { validateModel } from './validate.js';

/** A model with where it came from. */
export interface ModelFile {
  readonly path: string;
  /** SHA-256 of the file (external data not included), in hex; computed when first asked for, as it takes as long as reading. */
  readonly sha256: string;
  readonly model: Model;
}

/** Protobuf messages end at 2 GiB; beyond this, weights go to a file beside the model. */
const LARGEST_MESSAGE = 2 ** 31 - 2 ** 20;

/**
 * Reads and validates a model with its external data.
 * @throws InputError naming file, node and mend
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const bytes = await readBytes(path);
  const model = decodeModel(bytes, path);
  await loadExternalData(model, dirname(path), path);
  validateModel(model, path);
  let digest: string | undefined;
  return {
    path,
    model,
    get sha256() {
      return (digest ??= sha256(bytes));
    },
  };
}

/**
 * Checks that a model may be written here: there is no file yet, an empty one, or a model that says that we made it.
 * @throws InputError for any other file
 */
export async function refuseForeignModel(path: string): Promise<void> {
  const standing = await look(path);
  if (!standing || (standing.kind === 'file' && standing.size === 0)) return;
  try {
    if (decodeModel(await readBytes(path), path).producerName === TOOL.name) return;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  const problem = `is there already, and is no model that ${TOOL.name} made`;
  throw new InputError({ file: path, problem, mend: 'move it away, or choose another `out`' });
}

/**
 * Writes a model, whole or not at all.
 * @param externalData put large weights into `<path>.data` beside the model; done by itself where the format needs it
 */
export async function writeModelFile(path: string, model: Model, externalData = false): Promise<void> {
  for (const file of encodeModelFiles(path, model, externalData)) await writeAtomically(file.path, file.parts);
}

/**
 * A model as the files to write, in this order: the model itself comes last, so that it never names weights that are not
 * there.
 * @param externalData see {@link writeModelFile}
 */
export function encodeModelFiles(
  path: string,
  model: Model,
  externalData = false,
): { readonly path: string; readonly parts: readonly Uint8Array[] }[] {
  if (!externalData && weightBytes(model) <= LARGEST_MESSAGE) return [{ path, parts: [encodeModel(model)] }];
  const copy = cloneModel(model);
  const parts = extractExternalData(copy, `${basename(path)}.data`);
  return [
    { path: `${path}.data`, parts },
    { path, parts: [encodeModel(copy)] },
  ];
}

function weightBytes(model: Model): number {
  return model.graph?.initializer.reduce((sum, { rawData }) => sum + rawData.length, 0) ?? 0;
}
