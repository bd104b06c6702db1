/** Model files, Node only. */
import { basename, dirname } from 'node:path';
import { readBytes, sha256, writeAtomically } from '../files.js';
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
 * Writes a model, whole or not at all.
 * @param externalData put large weights into `<path>.data` beside the model; done by itself where the format needs it
 */
export async function writeModelFile(path: string, model: Model, externalData = false): Promise<void> {
  if (externalData || weightBytes(model) > LARGEST_MESSAGE) {
    const copy = cloneModel(model);
    const location = `${basename(path)}.data`;
    await writeAtomically(`${path}.data`, extractExternalData(copy, location));
    await writeAtomically(path, encodeModel(copy));
  } else {
    await writeAtomically(path, encodeModel(model));
  }
}

function weightBytes(model: Model): number {
  return model.graph?.initializer.reduce((sum, { rawData }) => sum + rawData.length, 0) ?? 0;
}
