/** Weights that stand in files beside the model, Node only. */
import { isAbsolute, normalize, sep } from 'node:path';
import { InputError } from '../errors.js';
import { isAddress, join, relative } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { CutShort, type Found } from '../storage/store.js';
import { elementCount } from '../tensor.js';
import { elementTypeName, STORAGE } from './element-type.js';
import { graphOf, onnx, type Model, type StoredTensor } from './model.js';
import { storedTensors } from './stored-tensors.js';
import { dimsOf } from './tensor-proto.js';

const { EXTERNAL } = onnx.TensorProto.DataLocation;

/** A file of weights that is being read. */
interface WeightFile {
  readonly path: string;
  readonly size: number;
  /** The version that is read, where the store keeps versions. */
  readonly version: string | undefined;
  /** What has been read, by "offset:length": tied weights share their bytes. */
  readonly parts: Map<string, Uint8Array>;
  /** Sum of the lengths of `parts`. */
  read: number;
}

/**
 * Loads all external data into the model, which then stands for itself.
 * @param directory the model's folder; files outside it are refused, also behind symbolic links
 * @throws InputError when a file is missing, too short, or lies outside the folder
 */
export async function loadExternalData(model: Model, directory: string, modelPath: string): Promise<void> {
  const files = new Map<string, WeightFile>();
  for (const stored of storedTensors(model)) {
    if (stored.dataLocation === EXTERNAL) await loadTensor(stored, directory, modelPath, files);
  }
}

async function loadTensor(
  stored: StoredTensor,
  directory: string,
  modelPath: string,
  files: Map<string, WeightFile>,
): Promise<void> {
  const place = `${modelPath}: tensor "${stored.name}"`;
  const fields = new Map(stored.externalData.map(({ key, value }) => [key, value]));
  const location = fields.get('location') ?? '';
  const file = files.get(location) ?? (await openWeightFile(location, directory, place));
  files.set(location, file);

  const offset = wholeNumber(fields.get('offset') ?? '0', `${place}: offset`);
  const expected = expectedBytes(stored);
  const length = wholeNumber(fields.get('length') ?? String(expected ?? file.size - offset), `${place}: length`);
  if (expected !== undefined && expected !== length) {
    throw new InputError(`${place}: its shape needs ${expected} bytes, the model says ${length} in ${location}`);
  }
  if (offset + length > file.size) {
    throw new InputError(
      `${place}: needs bytes ${offset} to ${offset + length} of ${file.path}, which has ${file.size}; copy the file again`,
    );
  }
  stored.rawData = await readPart(file, offset, length, place);
  // Absent as in a model that never had external data, rather than set to its default.
  Reflect.deleteProperty(stored, 'dataLocation');
  stored.externalData = [];
}

async function openWeightFile(location: string, directory: string, place: string): Promise<WeightFile> {
  const outside = () =>
    new InputError(`${place}: external data "${location}" lies outside the model's folder; move it beside the model`);
  // No file's name has a null character in it.
  if (location === '' || location.includes('\0') || isAddress(location)) throw outside();
  if (isAbsolute(location) || leavesFolder(normalize(location))) throw outside();
  const path = join(directory, location);
  const store = storeOf(path);
  let found: Found | undefined;
  try {
    found = await store.look(path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${place}: external data is missing: ${error.message}`, { cause: error });
  }
  if (!found)
    throw new InputError(`${place}: external data is missing: ${path}: no such file or folder; check the path`);
  const [real, folder] = [await store.real(path), await store.real(directory)];
  if (leavesFolder(relative(folder, real))) throw outside();
  // Opening a pipe would wait for somebody to write into it.
  if (found.kind !== 'file') throw new InputError(`${place}: external data ${path} is not a file`);
  return { path, size: found.size, version: found.version, parts: new Map(), read: 0 };
}

function leavesFolder(path: string): boolean {
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
}

async function readPart(file: WeightFile, offset: number, length: number, place: string): Promise<Uint8Array> {
  const key = `${offset}:${length}`;
  const known = file.parts.get(key);
  if (known) return known;
  file.read += length;
  // Each byte belongs to one weight, so no more is read than the file holds.
  if (file.read > file.size)
    throw new InputError(`${place}: it overlaps other tensors in ${file.path}; export it again`);
  const bytes = new Uint8Array(length);
  await storeOf(file.path)
    .readInto(file.path, offset, bytes, file.version)
    .catch((error: unknown) => {
      if (!(error instanceof CutShort)) throw error;
      throw new InputError(`${place}: ${file.path} became shorter while it was read; start again`);
    });
  file.parts.set(key, bytes);
  return bytes;
}

function expectedBytes(stored: StoredTensor): number | undefined {
  const type = elementTypeName(stored.dataType);
  return type === undefined || type === 'string' ? undefined : elementCount(dimsOf(stored)) * STORAGE[type].bytes;
}

function wholeNumber(text: string, place: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InputError(`${place} "${text}" is not a whole number`);
  return value;
}

/** External tensors begin at multiples of this, so that they can be memory-mapped. */
const ALIGNMENT = 4096;

/**
 * Moves weights of at least `threshold` bytes into an external file.
 * @param location the file's name beside the model
 * @returns the file's content in pieces, in order
 */
export function extractExternalData(model: Model, location: string, threshold = 1024): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const stored of graphOf(model).initializer) {
    const { length } = stored.rawData;
    if (length < threshold) continue;
    const padding = (ALIGNMENT - (offset % ALIGNMENT)) % ALIGNMENT;
    parts.push(new Uint8Array(padding), stored.rawData);
    offset += padding;
    const entry = (key: string, value: string) => new onnx.StringStringEntryProto({ key, value });
    stored.externalData = [entry('location', location), entry('offset', `${offset}`), entry('length', `${length}`)];
    stored.dataLocation = EXTERNAL;
    stored.rawData = new Uint8Array(0);
    offset += length;
  }
  return parts;
}
