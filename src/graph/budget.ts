/** What a model may take: a file of a few hundred bytes can ask for more memory than there is. */
import { withEffort } from '../effort.js';
import { InputError } from '../errors.js';
import { elementTypeName, STORAGE } from '../onnx/element-type.js';
import { storedTensors } from '../onnx/stored-tensors.js';
import { nodeLabel, type Graph, type Model, type Node, type StoredTensor } from '../onnx/model.js';
import { dimsOf } from '../onnx/tensor-proto.js';
import { valuesReadBy } from '../onnx/validate.js';
import { nodesIn } from './rewrite.js';
import { elementCount, type ElementType } from '../tensor.js';

/** Memory that any model may take for a few examples, … */
export const BYTES = 2 ** 28;

/** … and what each byte of its weights allows besides: real models hold tens of values for each weight, not thousands. */
const BYTES_A_WEIGHT_BYTE = 64;

/** A value that was measured. */
interface Sized {
  readonly type: ElementType;
  readonly dims: readonly number[];
}

/**
 * Checks what a graph holds in memory at once when its nodes run in order, each value until its last reader has run.
 * @param known type and dimensions of values; those that are missing are not counted
 * @throws InputError naming the node at which it is more than a model of this size is worth
 */
export function checkMemory(graph: Graph, known: ReadonlyMap<string, Sized>): void {
  const lastReader = new Map<string, number>();
  graph.node.forEach((node, index) => {
    for (const name of valuesReadBy(node)) lastReader.set(name, index);
  });
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const bytesOf = (name: string) => (weights.has(name) ? 0 : sizeInBytes(known.get(name)));
  const most = BYTES + BYTES_A_WEIGHT_BYTE * weightBytes(graph.initializer);
  let held = graph.input.reduce((sum, { name }) => sum + bytesOf(name), 0);
  if (held > most) throw tooLarge('its inputs', graph.input[0]?.name ?? '', held, known);
  graph.node.forEach((node, index) => {
    for (const name of node.output) held += bytesOf(name);
    if (held > most) throw tooLarge(`node ${nodeLabel(node)}`, largestOf(node, known), held, known);
    // Results that nobody reads go at once, what was read for the last time too; outputs may be counted out early.
    for (const name of new Set([...node.output, ...valuesReadBy(node)])) {
      if ((lastReader.get(name) ?? index) === index) held -= bytesOf(name);
    }
  });
}

function tooLarge(where: string, value: string, bytes: number, known: ReadonlyMap<string, Sized>): InputError {
  const shape = `[${known.get(value)?.dims.join(', ') ?? ''}]`;
  return new InputError(
    `${where}: with "${value}" of shape ${shape} a few examples would take ${describeBytes(bytes)} of memory, which ` +
      'is out of all proportion to the size of the model; export it for smaller examples, or give smaller ones where it leaves their size open',
  );
}

function largestOf({ output }: Node, known: ReadonlyMap<string, Sized>): string {
  return output.reduce(
    (largest, name) => (sizeInBytes(known.get(name)) > sizeInBytes(known.get(largest)) ? name : largest),
    output[0] ?? '',
  );
}

/** What a node takes of a file, about: its names and its operator. */
const BYTES_A_NODE = 32;

/**
 * Does something that a model may ask for before anybody knows what it takes (see `effort.ts`).
 * @param examples that it is run on, where there may be many
 */
export function withModelEffort<T>(model: Model, action: () => Promise<T>, examples = 1): Promise<T> {
  const bytes = weightBytes(storedTensors(model)) + BYTES_A_NODE * [...nodesIn(model)].length;
  return withEffort(bytes, action, Math.max(1, examples));
}

function weightBytes(tensors: Iterable<StoredTensor>): number {
  let sum = 0;
  for (const stored of tensors) {
    const type = elementTypeName(stored.dataType);
    if (stored.rawData.length > 0) sum += stored.rawData.length;
    else if (type) sum += sizeInBytes({ type, dims: dimsOf(stored) });
  }
  return sum;
}

/** Bytes that JavaScript and ONNX Runtime hold for a text, at least. */
const BYTES_A_TEXT = 32;

/** What a value takes in memory; 0 where its size is not known. */
export function sizeInBytes(value: Sized | undefined): number {
  if (!value) return 0;
  return elementCount(value.dims) * (value.type === 'string' ? BYTES_A_TEXT : STORAGE[value.type].bytes);
}

function describeBytes(bytes: number): string {
  return bytes < 1e12 ? `${(bytes / 1e9).toPrecision(2)} GB` : `${(bytes / 1e12).toPrecision(2)} TB`;
}
