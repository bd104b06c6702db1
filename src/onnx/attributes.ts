/** Reading and making node attributes. */
import { InputError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { nodeLabel, onnx, toNumber, type Attribute, type Graph, type Node } from './model.js';
import { decodeTensor, encodeTensor } from './tensor-proto.js';

const { AttributeType } = onnx.AttributeProto;

/** Values that an attribute can be made from; a number becomes an int, `float(x)` a float. */
export type AttributeValue = number | string | readonly number[] | FloatValue | Tensor | Graph | Attribute;

/** A number that is stored as a float whatever its value. */
export interface FloatValue {
  readonly float: number | readonly number[];
}

/** Marks a number (or list) as a float attribute. */
export function float(value: number | readonly number[]): FloatValue {
  return { float: value };
}

/** An attribute whose type follows from the value: a plain number is an integer, `{ float }` is not. */
export function makeAttribute(name: string, value: AttributeValue): Attribute {
  if (value instanceof onnx.AttributeProto) return value;
  if (value instanceof onnx.GraphProto) return new onnx.AttributeProto({ name, type: AttributeType.GRAPH, g: value });
  if (typeof value === 'number') return new onnx.AttributeProto({ name, type: AttributeType.INT, i: value });
  if (typeof value === 'string') {
    return new onnx.AttributeProto({ name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  if (Array.isArray(value)) return new onnx.AttributeProto({ name, type: AttributeType.INTS, ints: value as number[] });
  if ('float' in value) {
    return typeof value.float === 'number'
      ? new onnx.AttributeProto({ name, type: AttributeType.FLOAT, f: value.float })
      : new onnx.AttributeProto({ name, type: AttributeType.FLOATS, floats: [...value.float] });
  }
  return new onnx.AttributeProto({ name, type: AttributeType.TENSOR, t: encodeTensor(name, value as Tensor) });
}

function find(node: Node, name: string, type: onnx.AttributeProto.AttributeType): Attribute | undefined {
  const attribute = node.attribute.find((candidate) => candidate.name === name);
  if (!attribute) return undefined;
  // Files of IR version 1 leave the type out.
  if (attribute.type !== type && attribute.type !== AttributeType.UNDEFINED) {
    const [have, want] = [AttributeType[attribute.type], AttributeType[type]];
    throw new InputError(`node ${nodeLabel(node)}: attribute "${name}" is of type ${have}, expected ${want}`);
  }
  return attribute;
}

/** Whether the node has the attribute. */
export function hasAttribute(node: Node, name: string): boolean {
  return node.attribute.some((attribute) => attribute.name === name);
}

/** An integer attribute, or `fallback` where the node has none. */
export function intAttribute(node: Node, name: string, fallback: number): number {
  const attribute = find(node, name, AttributeType.INT);
  return attribute ? toNumber(attribute.i) : fallback;
}

/** A list of integers, or undefined where the node has none. */
export function intsAttribute(node: Node, name: string): number[] | undefined {
  return find(node, name, AttributeType.INTS)?.ints.map((value) => toNumber(value));
}

/** A float attribute, or `fallback` where the node has none. */
export function floatAttribute(node: Node, name: string, fallback: number): number {
  return find(node, name, AttributeType.FLOAT)?.f ?? fallback;
}

/** A list of floats, or undefined where the node has none. */
export function floatsAttribute(node: Node, name: string): number[] | undefined {
  return find(node, name, AttributeType.FLOATS)?.floats;
}

/** A text attribute, or `fallback` where the node has none. */
export function stringAttribute(node: Node, name: string, fallback: string): string {
  const attribute = find(node, name, AttributeType.STRING);
  return attribute ? new TextDecoder().decode(attribute.s) : fallback;
}

/** A list of texts, or undefined where the node has none. */
export function stringsAttribute(node: Node, name: string): string[] | undefined {
  const decoder = new TextDecoder();
  return find(node, name, AttributeType.STRINGS)?.strings.map((text) => decoder.decode(text));
}

/** A tensor attribute, or undefined where the node has none. */
export function tensorAttribute(node: Node, name: string): Tensor | undefined {
  const stored = find(node, name, AttributeType.TENSOR)?.t;
  return stored ? decodeTensor(stored) : undefined;
}

/** Graphs that the node carries as attributes (the branches of If, the bodies of Loop and Scan). */
export function subgraphsOf(node: Node): Graph[] {
  return node.attribute.flatMap((attribute) => [...(attribute.g ? [attribute.g] : []), ...attribute.graphs]);
}
