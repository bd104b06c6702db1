/** A model to bytes and back. */
import { Reader } from 'protobufjs/minimal.js';
import { InputError } from '../errors.js';
import { importsStandard, isStandardDomain, nodeLabel, onnx, OPSET_RANGE, opsetOf, type Model } from './model.js';

/**
 * Decodes a serialised model. Weights stay views into `bytes`.
 * @param place what messages call the source, usually the file's path
 * @throws InputError when the bytes are no model, end too early, or are written in an operator set that we do not know
 */
export function decodeModel(bytes: Uint8Array, place: string): Model {
  if (bytes.length === 0) throw new InputError(`${place}: the file is empty, not an ONNX model`);
  let model: Model;
  try {
    const reader = Reader.create(bytes);
    // What a later version of the format may have added is written again too.
    reader.discardUnknown = false;
    model = onnx.ModelProto.decode(reader);
  } catch (error) {
    const { message } = error as Error;
    throw new InputError(`${place}: ${explain(message)} (${message}); export it again`, { cause: error });
  }
  if (!model.graph || model.graph.node.length + model.graph.output.length === 0) {
    throw new InputError(`${place}: not an ONNX model (it holds no graph); export it again`);
  }
  const { oldest, newest } = OPSET_RANGE;
  const mend = `export it with an operator set from ${oldest} to ${newest}`;
  if (!importsStandard(model)) {
    // Models of ai.onnx.ml alone, as tree libraries write them, need no standard operators.
    const first = model.graph.node.find(({ domain }) => isStandardDomain(domain));
    if (!first) return model;
    throw new InputError(`${place}: node ${nodeLabel(first)} is of no operator set that the model names; ${mend}`);
  }
  const opset = opsetOf(model);
  if (opset < oldest || opset > newest) {
    throw new InputError(`${place}: operator set ${opset} is not supported; ${mend}`);
  }
  return model;
}

function explain(message: string): string {
  if (message.includes('index out of range')) return 'not an ONNX model, or cut off in the middle';
  // protobufjs stops at a hundred messages in each other, which is a graph in a graph thirty times over.
  if (message.includes('max depth')) return 'graphs are nested too deep';
  return 'not an ONNX model';
}

/** Serialises a model; every field that it was read with is written again. */
export function encodeModel(model: Model): Uint8Array {
  return onnx.ModelProto.encode(model).finish();
}

/**
 * A serialised model with more in its graph: nodes, weights and outputs after its own. Protocol Buffers join the lists of a
 * message that is written twice, so that the model itself is neither decoded nor written again.
 */
export function appendToGraph(
  model: Uint8Array,
  more: Pick<onnx.GraphProto.$Properties, 'node' | 'initializer' | 'output'>,
): Uint8Array {
  const addition = onnx.ModelProto.encode(new onnx.ModelProto({ graph: new onnx.GraphProto(more) })).finish();
  const joined = new Uint8Array(model.length + addition.length);
  joined.set(model);
  joined.set(addition, model.length);
  return joined;
}

/** A model around a graph, written in the given operator set. */
export function makeModel(graph: onnx.GraphProto, opset: number): Model {
  return new onnx.ModelProto({
    irVersion: 10,
    producerName: 'onnx-explain',
    opsetImport: [new onnx.OperatorSetIdProto({ domain: '', version: opset })],
    graph,
  });
}

/** A copy of a model that can be changed freely: messages are new, the bytes of weights are shared. */
export function cloneModel(model: Model): Model {
  return clone(model) as Model;
}

/** A copy of a graph that can be changed freely: messages are new, the bytes of weights are shared. */
export function cloneGraph(graph: onnx.GraphProto): onnx.GraphProto {
  return clone(graph) as onnx.GraphProto;
}

function clone(value: unknown): unknown {
  if (Array.isArray(value)) return typeof value[0] === 'object' ? value.map(clone) : value.slice();
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
  const prototype = Object.getPrototypeOf(value) as object;
  // A Long is immutable, and shared like any other number.
  if ('toNumber' in prototype) return value;
  const copy = Object.create(prototype) as Record<string, unknown>;
  for (const [key, field] of Object.entries(value)) copy[key] = clone(field);
  const { $unknowns } = value as { $unknowns?: Uint8Array[] };
  if ($unknowns) Object.defineProperty(copy, '$unknowns', { value: [...$unknowns], writable: true });
  return copy;
}
