/** What is in a model: its layers, their shapes, and what can be done with each node. */
import { nodesWithoutRule, registeredRule } from '../autodiff/differentiate.js';
import { InputError, ModelRefused } from '../errors.js';
import { requireFreeBatch } from '../graph/batch.js';
import { withModelEffort } from '../graph/budget.js';
import type { Dim } from '../graph/builder.js';
import type { ExampleDims } from '../graph/example-dims.js';
import { linearNodes, isTraceable, type LinearNodes } from '../graph/layers.js';
import { parametersOf } from '../graph/parameters.js';
import { blamingPasses } from '../graph/passes/blame.js';
import { prepareModel } from '../graph/prepare.js';
import { nodesIn } from '../graph/rewrite.js';
import { inferValues, type Values } from '../graph/values.js';
import { describeNodes } from '../onnx/describe-nodes.js';
import { describeElementType, elementTypeName, STORAGE } from '../onnx/element-type.js';
import {
  feedsOf,
  graphOf,
  metadata,
  opsetOf,
  toNumber,
  type Graph,
  type Model,
  type Node,
  type StoredTensor,
  type ValueInfo,
} from '../onnx/model.js';
import { dimsOf } from '../onnx/tensor-proto.js';
import type { Runtime } from '../runtime/runtime.js';
import { elementCount } from '../tensor.js';

/** A value that enters or leaves the model. */
export interface InspectedValue {
  readonly name: string;
  readonly type: string;
  /** Sizes; names for those that are open, undefined where the model does not say. */
  readonly dims?: readonly Dim[] | undefined;
}

/** A layer that `trace` can explain, as `inspect` lists it. */
export interface InspectedLayer {
  /** The number by which `--layer` finds it. */
  readonly index: number;
  readonly name: string;
  readonly op: string;
  readonly weight: string;
  readonly weightDims: readonly number[];
  readonly bias?: string | undefined;
  /** Elements of weight and bias. */
  readonly parameters: number;
  /** Whether training changes the weight. */
  readonly trainable: boolean;
  readonly outputDims?: readonly Dim[] | undefined;
}

/** What is true of a node, or why it is not. */
export type Verdict = true | string;

/** A node, and what can be done with it. */
export interface InspectedNode {
  readonly name: string;
  readonly op: string;
  readonly outputDims?: readonly Dim[] | undefined;
  /** Whether the runtime can compute it. */
  readonly forward: Verdict;
  /** Whether gradients pass through it. */
  readonly differentiable: Verdict;
  /** Whether its weight updates can be traced; undefined where that is no question (a ReLU). */
  readonly traceable?: Verdict;
}

/** What `inspect` says of a model. */
export interface ModelInspection {
  readonly producer: string;
  readonly opset: number;
  readonly irVersion: number;
  /** The zoo's name of the architecture, for models from the zoo. */
  readonly architecture?: string | undefined;
  readonly inputs: readonly InspectedValue[];
  readonly outputs: readonly InspectedValue[];
  readonly layers: readonly InspectedLayer[];
  readonly nodes: readonly InspectedNode[];
  readonly totals: {
    readonly nodes: number;
    readonly layers: number;
    /** Elements of all stored tensors. */
    readonly weights: number;
    /** Elements that training changes. */
    readonly parameters: number;
    /** Elements of the weights of traceable layers that training changes. */
    readonly traceable: number;
    /** Bytes of all stored tensors. */
    readonly bytes: number;
  };
  /** Why the model cannot be trained as it is; undefined when it can. */
  readonly obstacle?: string | undefined;
  /** Whether the model is invalid, so that nothing at all can be done with it; `obstacle` says why. */
  readonly invalid: boolean;
}

/**
 * Inspects a model. Its layers and nodes are those of the model as training sees it, after the rewrites of
 * `graph/prepare.ts`, so that layer numbers hold everywhere; where these fail, those of the file, and `obstacle` says why.
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 */
export async function inspectModel(
  model: Model,
  runtime: Runtime,
  exampleDims: ExampleDims = {},
): Promise<ModelInspection> {
  const {
    prepared,
    values,
    refusal,
    invalid = false,
  } = await withModelEffort(model, () => tryToPrepare(model, runtime, exampleDims));
  const graph = graphOf(prepared);
  const linear = linearNodes(graph);
  const parameters = new Set(parametersOf(graph));
  const sizes = new Map(graph.initializer.map((stored) => [stored.name, elementCount(dimsOf(stored))]));
  const sizeOf = (names: Iterable<string>) =>
    [...new Set(names)].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  const dimsIfKnown = (value: string | undefined) => (value && values?.has(value) ? values.of(value).dims : undefined);

  const layers = linear.layers.map((layer): InspectedLayer => {
    const { index, name, op, weight, weightDims, bias, preActivation } = layer;
    const tensors = bias === undefined ? [weight] : [weight, bias];
    return {
      index,
      name,
      op,
      weight,
      weightDims,
      bias,
      parameters: sizeOf(tensors),
      trainable: parameters.has(weight),
      outputDims: dimsIfKnown(preActivation),
    };
  });
  const nodes = graph.node.map((node) => inspectNode(node, linear, refusal, dimsIfKnown(node.output[0])));
  const traced = linear.layers.flatMap(({ weight, bias }) => (bias === undefined ? [weight] : [weight, bias]));
  return {
    producer: [model.producerName, model.producerVersion].filter((part) => part !== '').join(' '),
    opset: opsetOf(model),
    irVersion: toNumber(model.irVersion),
    architecture: metadata(model, 'onnx-explain.architecture'),
    inputs: feedsOf(graphOf(model)).map(describeValue),
    outputs: graphOf(model).output.map(describeValue),
    layers,
    nodes,
    totals: {
      nodes: nodes.length,
      layers: layers.length,
      weights: sizeOf(sizes.keys()),
      parameters: sizeOf(parameters),
      traceable: sizeOf(traced.filter((name) => parameters.has(name))),
      bytes: graph.initializer.reduce((sum, stored) => sum + bytesOf(stored), 0),
    },
    obstacle: refusal ?? fixedBatchRefusal(prepared) ?? (values && missingRules(graph, values, [...parameters])),
    invalid,
  };
}

/** The model as training sees it, or as it is with the reason why it cannot be that. */
async function tryToPrepare(
  model: Model,
  runtime: Runtime,
  exampleDims: ExampleDims,
): Promise<{ prepared: Model; values?: Values; refusal?: string; invalid?: boolean }> {
  let refusal: InputError;
  try {
    const prepared = await prepareModel(model, runtime, exampleDims);
    const infer = () => inferValues(prepared, runtime, exampleDims);
    return { prepared, values: await blamingPasses(model, { runtime, exampleDims }, infer) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    refusal = error;
  }
  const given = { prepared: model, refusal: refusal.message };
  // A loop that could not be written out may never end.
  for (const { opType } of nodesIn(model)) if (opType === 'Loop') return given;
  try {
    return { ...given, values: await inferValues(model, runtime, exampleDims) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { ...given, invalid: refusal instanceof ModelRefused && error instanceof ModelRefused };
  }
}

function inspectNode(
  node: Node,
  { layers, untraceable }: LinearNodes,
  refusal: string | undefined,
  outputDims: readonly Dim[] | undefined,
): InspectedNode {
  // ONNX Runtime names the operator or the node that it stumbles over.
  const words = outputDims ? [] : (refusal?.split(/[^\w./]+/) ?? []);
  const stumbled = words.some((word) => word !== '' && (word === node.opType || word === node.name));
  const isLayer = layers.some(({ nodes }) => nodes[0] === node);
  return {
    name: node.name === '' ? (node.output[0] ?? '') : node.name,
    op: node.domain === '' ? node.opType : `${node.domain}.${node.opType}`,
    outputDims,
    forward: stumbled ? refusal! : true,
    differentiable: registeredRule(node) ? true : 'no gradient is known for the operator',
    traceable: isTraceable(node.opType) ? isLayer || (untraceable.get(node) ?? true) : undefined,
  };
}

function fixedBatchRefusal(model: Model): string | undefined {
  try {
    requireFreeBatch(model);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function missingRules(graph: Graph, values: Values, parameters: readonly string[]): string | undefined {
  if (parameters.length === 0) return 'the model has no weights to train';
  try {
    const missing = nodesWithoutRule(graph.node, values, parameters);
    return missing.length === 0 ? undefined : `no gradient is known for ${describeNodes(missing)}`;
  } catch (error) {
    // The shapes of values inside of a loop may not be known.
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

function describeValue({ name, type }: ValueInfo): InspectedValue {
  const tensor = type?.tensorType;
  const dims = tensor?.shape?.dim.map(({ dimParam, dimValue }, axis) => {
    if (dimValue !== null && dimValue !== undefined) return toNumber(dimValue);
    return dimParam === '' || !dimParam ? `dim${axis}` : dimParam;
  });
  return { name, type: tensor ? describeElementType(tensor.elemType) : 'no tensor', dims };
}

function bytesOf(stored: StoredTensor): number {
  const type = elementTypeName(stored.dataType);
  if (type === undefined || type === 'string') return stored.rawData.length;
  return elementCount(dimsOf(stored)) * STORAGE[type].bytes;
}
