/** How many nodes a serialised model has: ONNX Runtime takes minutes to load one of many, unless it is told how. */
import { Reader } from 'protobufjs/minimal.js';

/** Field numbers of `ModelProto.graph` and `GraphProto.node`. */
const [GRAPH, NODE] = [7, 1];

/** Counts the nodes of the main graph, without decoding any. @param most counting ends there */
export function countNodes(model: Uint8Array, most: number): number {
  let nodes = 0;
  try {
    for (const graph of fieldsOf(model, GRAPH)) {
      for (const { length } of fieldsOf(graph, NODE)) if (length > 0 && ++nodes === most) return nodes;
    }
  } catch {
    // Whatever this is, ONNX Runtime says what is wrong with it.
  }
  return nodes;
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
