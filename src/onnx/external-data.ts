/** Weights that stand in files beside the model, Node only. */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { InputError } from '../errors.js';
import { explainFileError } from '../files.js';
import { elementCount } from '../tensor.js';
import { subgraphsOf } from './attributes.js';
import { elementTypeName, STORAGE } from './element-type.js';
import { graphOf, onnx, type Graph, type Model, type StoredTensor } from './model.js';
import { dimsOf } from './tensor-proto.js';

const { EXTERNAL, DEFAULT } = onnx.TensorProto.DataLocation;

/** Every stored tensor of a model: weights and tensor attributes, also those in subgraphs and functions. */
export function* storedTensors(model: Model): Generator<StoredTensor> {
  yield* inGraph(graphOf(model));
  for (const { node } of model.functions) yield* inNodes(node);
}

function* inGraph(graph: Graph): Generator<StoredTensor> {
  yield* graph.initializer;
  yield* inNodes(graph.node);
}

function* inNodes(nodes: readonly onnx.NodeProto[]): Generator<StoredTensor> {
  for (const node of nodes) {
    for (const attribute of node.attribute) {
      if (attribute.t) yield attribute.t;
      yield* attribute.tensors;
    }
    for (const graph of subgraphsOf(node)) yield* inGraph(graph);
  }
}

/**
 * Loads all external data into the model, which then stands for itself.
 * @param directory the model's folder; files outside it are refused
 * @throws InputError when a file is missing, too short, or lies outside the folder
 */
export async function loadExternalData(model: Model, directory: string, modelPath: string): Promise<void> {
  const files = new Map<string, { handle: FileHandle; size: number }>();
  try {
    for (const stored of storedTensors(model)) {
      if (stored.dataLocation === EXTERNAL) await loadTensor(stored, directory, modelPath, files);
    }
  } finally {
    for (const { handle } of files.values()) await handle.close();
  }
}

async function loadTensor(
  stored: StoredTensor,
  directory: string,
  modelPath: string,
  files: Map<string, { handle: FileHandle; size: number }>,
): Promise<void> {
  const place = `${modelPath}: tensor "${stored.name}"`;
  const fields = new Map(stored.externalData.map(({ key, value }) => [key, value]));
  const location = fields.get('location') ?? '';
  const relative = normalize(location);
  if (location === '' || isAbsolute(location) || relative === '..' || relative.startsWith(`..${sep}`)) {
    throw new InputError(
      `${place}: external data "${location}" lies outside the model's folder; move it beside the model`,
    );
  }
  const path = join(directory, relative);
  let file = files.get(path);
  if (!file) {
    try {
      const { size } = await stat(path);
      file = { handle: await open(path), size };
    } catch (error) {
      const explained = explainFileError(error, path);
      if (!(explained instanceof InputError)) throw explained;
      throw new InputError(`${place}: external data is missing: ${explained.message}`, { cause: error });
    }
    files.set(path, file);
  }
  const offset = wholeNumber(fields.get('offset') ?? '0', `${place}: offset`);
  const length = wholeNumber(
    fields.get('length') ?? String(expectedBytes(stored) ?? file.size - offset),
    `${place}: length`,
  );
  const expected = expectedBytes(stored);
  if (expected !== undefined && expected !== length) {
    throw new InputError(`${place}: its shape needs ${expected} bytes, the model says ${length} in ${location}`);
  }
  if (offset + length > file.size) {
    throw new InputError(
      `${place}: needs bytes ${offset} to ${offset + length} of ${path}, which has ${file.size}; copy the file again`,
    );
  }
  const bytes = new Uint8Array(length);
  await file.handle.read(bytes, 0, length, offset);
  stored.rawData = bytes;
  stored.dataLocation = DEFAULT;
  stored.externalData = [];
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
