/**
 * What ONNX Runtime's WebGPU provider takes and then refuses when it runs, computes wrong, or not the same twice: the processor gets
 * it instead.
 * What the provider knows that it lacks, ONNX Runtime places there by itself.
 */
import { intAttribute, intsAttribute, stringAttribute, subgraphsOf } from '../onnx/attributes.js';
import { decodeModel, encodeModel } from '../onnx/codec.js';
import { graphOf, isStandardDomain, type Graph, type Model, type Node } from '../onnx/model.js';
import type { SessionOptions } from './runtime.js';

/** Number of axes of a value, where the model tells. */
type RankOf = (value: string) => number | undefined;

const LACKS: Readonly<Record<string, (node: Node, rankOf: RankOf) => boolean>> = {
  // "The Indices output is not supported yet", "Using column major storage_order is not supported yet", and three axes.
  MaxPool: (node, rankOf) =>
    (node.output[1] ?? '') !== '' || intAttribute(node, 'storage_order', 0) === 1 || isSolid(node, rankOf),
  AveragePool: isSolid,
  LpPool: isSolid,
  Conv: (node, rankOf) => isSolid(node, rankOf) && intAttribute(node, 'group', 1) > 1,
  // What is added up in whatever order threads come to it is not the same twice.
  ScatterElements: isAddedUp,
  ScatterND: isAddedUp,
  // Of rows without positions the numbers are wrong (1.30). Where a row's axes are not told, it may be one.
  BatchNormalization: (node, rankOf) => (rankOf(node.input[0]!) ?? 2) < 3,
  // "Only Conv2d or Conv1d are supported". In groups of several channels that give one, the numbers are wrong (1.30).
  ConvTranspose: (node, rankOf) => isSolid(node, rankOf) || intAttribute(node, 'group', 1) > 1,
};

/** Whether several numbers may meet in one place. */
function isAddedUp(node: Node): boolean {
  return stringAttribute(node, 'reduction', 'none') !== 'none';
}

/** Whether windows move along three axes or more. */
function isSolid(node: Node, rankOf: RankOf): boolean {
  const axes = ['kernel_shape', 'strides', 'dilations'].map((name) => intsAttribute(node, name)?.length ?? 0);
  const ranks = node.input.map((name) => rankOf(name) ?? 0);
  return Math.max(...axes, Math.max(...ranks) - 2) > 2;
}

/** What is said where a computer has no adapter for WebGPU. */
export const NO_ADAPTER =
  'execution provider "webgpu": there is no graphics processor here that it can use; set `executionProvider` to cpu';

/** Whether this is how ONNX Runtime says that there is none. */
export function isNoAdapter(reason: string): boolean {
  return /GPU adapter|WebGPU is not supported/.test(reason);
}

/**
 * Where a model's nodes run, and which of its outputs stay there.
 * @param processor the provider of this runtime that computes on the processor
 * @returns the model to load, with settings for ONNX Runtime
 */
export function placed(given: Uint8Array, { executionProviders, onDevice = [] }: SessionOptions, processor = 'cpu') {
  const providers = executionProviders ?? [processor];
  if (!providers.includes('webgpu')) {
    return { model: given, onDevice: [], settings: { executionProviders: [...providers] } };
  }
  const { model, left } = leaveToProcessor(given);
  const webgpu = {
    name: 'webgpu',
    // With channels last, convolutions of 6, 9, 15 … channels are wrong (1.30).
    preferredLayout: 'NCHW',
    ...(left.length === 0 ? {} : { forceCpuNodeNames: left }),
  } as const;
  const locations = Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer' as const]));
  return {
    model,
    onDevice,
    settings: {
      executionProviders: providers.map((name) => (name === 'webgpu' ? webgpu : name)),
      ...(onDevice.length === 0 ? {} : { preferredOutputLocation: locations }),
    },
  };
}

/**
 * Finds the nodes of a model that the processor must get.
 * @returns their names, and the model, in which each of them has one
 */
export function leaveToProcessor(bytes: Uint8Array): { readonly model: Uint8Array; readonly left: string[] } {
  let model: Model;
  try {
    model = decodeModel(bytes, 'model');
  } catch {
    // Whatever this is, ONNX Runtime says what is wrong with it.
    return { model: bytes, left: [] };
  }
  const left = lackingIn(graphOf(model), () => undefined);
  return { model: left.length === 0 ? bytes : encodeModel(model), left };
}

/** Those of a graph and of the graphs inside of it. One without a name is given one. */
function lackingIn(graph: Graph, outside: RankOf): string[] {
  const ranks = new Map<string, number>();
  for (const { name, type } of [...graph.input, ...graph.valueInfo, ...graph.output]) {
    const shape = type?.tensorType?.shape;
    if (shape) ranks.set(name, shape.dim.length);
  }
  for (const { name, dims } of graph.initializer) ranks.set(name, dims.length);
  const rankOf: RankOf = (value) => ranks.get(value) ?? outside(value);
  // What a batch normalization mostly reads, where the model does not tell what is inside of it.
  for (const { opType, input, output } of graph.node) {
    const rank = opType === 'Conv' ? rankOf(input[1]!) : undefined;
    if (rank !== undefined) ranks.set(output[0]!, rank);
  }
  return graph.node.flatMap((node) => {
    const inside = subgraphsOf(node).flatMap((subgraph) => lackingIn(subgraph, rankOf));
    if (!isStandardDomain(node.domain) || !LACKS[node.opType]?.(node, rankOf)) return inside;
    if (node.name === '') node.name = `processor/${node.output.find((name) => name !== '')}`;
    return [node.name, ...inside];
  });
}
