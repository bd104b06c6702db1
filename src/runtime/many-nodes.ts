/** Whether a serialised model is one of those that ONNX Runtime takes minutes to load, unless it is told how. */
import { Reader } from 'protobufjs/minimal.js';

/** Loading graphs of more nodes takes seconds, and grows with the square of their number. */
const MANY_NODES = 2000;

/** Field numbers of `ModelProto.graph` and `GraphProto.node`. */
const [GRAPH, NODE] = [7, 1];

/** Counts the nodes of the main graph, without decoding any. */
export function hasManyNodes(model: Uint8Array): boolean {
  let nodes = 0;
  try {
    for (const graph of fieldsOf(model, GRAPH)) {
      for (const { length } of fieldsOf(graph, NODE)) if (length > 0 && ++nodes > MANY_NODES) return true;
    }
  } catch {
    // Whatever this is, ONNX Runtime says what is wrong with it.
  }
  return false;
}

/** The contents of a message's fields of one number. */
function* fieldsOf(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  const reader = Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 !== wanted) {
      reader.skipType(tag & 7);
      continue;
    }
    const length = reader.uint32();
    yield message.subarray(reader.pos, reader.pos + length);
    reader.skip(length);
  }
}
