/**
 * The words for the parts of an ONNX model used throughout the project. They are the protobuf messages themselves:
 * a model that is read, rewritten and written again keeps every field that its exporter put there.
 */
import { onnx } from './gen/onnx.js';
import { InputError } from '../errors.js';

/** A whole model: graph, operator sets, functions, metadata. */
export type Model = onnx.ModelProto;
/** Nodes in topological order, with weights. */
export type Graph = onnx.GraphProto;
/** One operator call. */
export type Node = onnx.NodeProto;
/** A named constant of a node. */
export type Attribute = onnx.AttributeProto;
/** A stored tensor (weight or constant). */
export type StoredTensor = onnx.TensorProto;
/** Name and type of a value. */
export type ValueInfo = onnx.ValueInfoProto;
export { onnx };

/** Oldest and newest operator set (domain "ai.onnx") that models may be written in; ONNX Runtime 1.30 knows no newer. */
export const OPSET_RANGE = { oldest: 9, newest: 26 } as const;

/** A 64-bit integer as protobufjs hands it over: a number, or a Long where one was read from a file. */
export type Int64 = number | { toNumber(): number; toString(): string } | null | undefined;

/** A 64-bit integer field as a number (`0` when absent); sizes and axes are far below 2^53. */
export function toNumber(value: Int64): number {
  return typeof value === 'number' ? value : (value?.toNumber() ?? 0);
}

/** Whether a model names the standard operator set that it is written in. */
export function importsStandard({ opsetImport }: Model): boolean {
  return opsetImport.some(({ domain }) => isStandardDomain(domain));
}

/** Version of the standard operator set that the model is written in; 0 where it names none. */
export function opsetOf(model: Model): number {
  const standard = model.opsetImport.find(({ domain }) => isStandardDomain(domain));
  return toNumber(standard?.version);
}

/** Whether a domain names the standard ONNX operators. */
export function isStandardDomain(domain: string | null | undefined): boolean {
  return !domain || domain === 'ai.onnx';
}

/** The model's graph. @throws InputError when the model has none */
export function graphOf(model: Model): Graph {
  if (!model.graph) throw new InputError('the model has no graph');
  return model.graph;
}

/** Inputs that a caller must feed: graph inputs that are not weights given a default (as IR version 3 listed them). */
export function feedsOf(graph: Graph): ValueInfo[] {
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  return graph.input.filter(({ name }) => !initializers.has(name));
}

/** How a node is called in messages: its name, or its operator and first output where it has none. */
export function nodeLabel(node: Node): string {
  return node.name ? `${node.name} (${node.opType})` : `${node.opType} → ${node.output[0] ?? '?'}`;
}

/** Value of an entry in a list of keys and values. */
function entryOf(entries: readonly onnx.StringStringEntryProto[], key: string): string | undefined {
  return entries.find((entry) => entry.key === key)?.value;
}

/** The list with an entry set or replaced. */
function withEntry(entries: readonly onnx.StringStringEntryProto[], key: string, value: string) {
  return [...entries.filter((entry) => entry.key !== key), new onnx.StringStringEntryProto({ key, value })];
}

/** Value of a model's metadata property. */
export function metadata(model: Model, key: string): string | undefined {
  return entryOf(model.metadataProps, key);
}

/** Sets a model's metadata property. */
export function setMetadata(model: Model, key: string, value: string): void {
  model.metadataProps = withEntry(model.metadataProps, key, value);
}

/** Value of a node's metadata property. */
export function nodeMetadata(node: Node, key: string): string | undefined {
  return entryOf(node.metadataProps, key);
}

/** Sets a node's metadata property. */
export function setNodeMetadata(node: Node, key: string, value: string): void {
  node.metadataProps = withEntry(node.metadataProps, key, value);
}

/** Value of a stored tensor's metadata property. */
export function tensorMetadata(stored: StoredTensor, key: string): string | undefined {
  return entryOf(stored.metadataProps, key);
}

/** Sets a stored tensor's metadata property. */
export function setTensorMetadata(stored: StoredTensor, key: string, value: string): void {
  stored.metadataProps = withEntry(stored.metadataProps, key, value);
}
