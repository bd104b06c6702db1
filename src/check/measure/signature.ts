/** What a model looks like from outside, and what it is made of. */
import { withShape } from '../../graph/example-dims.js';
import { nodesIn } from '../../graph/rewrite.js';
import { intAttribute } from '../../onnx/attributes.js';
import { InputError } from '../../errors.js';
import { isFloatTensor, STORAGE } from '../../onnx/element-type.js';
import { storedTensors } from '../../onnx/stored-tensors.js';
import { graphOf, metadata, nodeLabel, opsetOf, isStandardDomain, type Model, type Node } from '../../onnx/model.js';
import { decodeTensor, dimsOf } from '../../onnx/tensor-proto.js';
import type { Session, ValueMetadata } from '../../runtime/runtime.js';
import { elementCount, toNumbers } from '../../tensor.js';
import { NORMALIZATION_KEYS } from '../../data/model-normalization.js';

/** An input or output; a dimension that is open is null. */
export interface Port {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | null)[];
}

/** The structure of a model. */
export interface Signature {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Outputs that are no tensors: nothing of them is compared but their names. */
  readonly others: readonly string[];
  readonly opset: number;
  /** How often each operator is used, by its name, with its domain where that is not ONNX's own. */
  readonly operators: Readonly<Record<string, number>>;
  /** Elements of all stored floating-point and 8-bit tensors, and of those with two dimensions or more (no biases, no statistics). */
  readonly parameters: number;
  readonly matrixParameters: number;
  /** Of the file and of its external data. */
  readonly fileBytes: number;
  readonly producer: string;
  /** Nodes that compute as in training: with random masks, or with statistics of the batch. */
  readonly trainingNodes: readonly string[];
  /** How pixels become the input, as the model's metadata say. */
  readonly preprocessing: { readonly mean: string; readonly std: string } | null;
}

/**
 * Describes a model.
 * @param model as it is stored
 * @param session of the model, which knows the shapes that the file does not state
 * @param stored bytes of the file and its external data, and the outputs that are dictionaries in it
 * @throws InputError for an input of a type that nothing can be fed into
 */
export function signatureOf(
  model: Model,
  session: Session,
  { fileBytes, maps }: { readonly fileBytes: number; readonly maps: ReadonlySet<string> },
): Signature {
  const odd = session.inputs.find(({ type }) => type !== 'string' && !(type in STORAGE));
  if (odd) throw new InputError(`the input "${odd.name}" is of type ${odd.type}, which cannot be fed`);
  if (session.outputs.length === 0) {
    throw new InputError('none of its outputs is a tensor, so nothing can be compared; export one');
  }
  if (session.inputs.length === 0) throw new InputError('it takes no inputs, so there is nothing to compare it on');
  const operators: Record<string, number> = {};
  for (const { domain, opType } of nodesIn(model)) {
    const name = isStandardDomain(domain) ? opType : `${domain}:${opType}`;
    operators[name] = (operators[name] ?? 0) + 1;
  }
  const [mean, std] = [metadata(model, NORMALIZATION_KEYS.mean), metadata(model, NORMALIZATION_KEYS.std)];
  const { parameters, matrixParameters } = countParameters(model);
  return {
    inputs: session.inputs.map(portOf),
    outputs: session.outputs
      .map(portOf)
      .map((port) => (maps.has(port.name) ? { ...port, type: `${port.type} map` } : port)),
    others: [...session.others],
    opset: opsetOf(model),
    operators: Object.fromEntries(Object.entries(operators).sort(([a], [b]) => (a < b ? -1 : 1))),
    parameters,
    matrixParameters,
    fileBytes,
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    trainingNodes: trainingNodes(model),
    preprocessing: mean === undefined && std === undefined ? null : { mean: mean ?? '', std: std ?? '' },
  };
}

function portOf({ name, type, shape }: ValueMetadata): Port {
  return { name, type, shape: shape.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : null)) };
}

function trainingNodes(model: Model): string[] {
  const constants = new Map(graphOf(model).initializer.map((stored) => [stored.name, stored]));
  for (const node of nodesIn(model)) {
    const value = node.opType === 'Constant' ? node.attribute.find(({ name }) => name === 'value')?.t : undefined;
    if (value) constants.set(node.output[0]!, value);
  }
  const isTrue = (name: string | undefined) => {
    const stored = constants.get(name ?? '');
    return stored !== undefined && toNumbers(decodeTensor(stored))[0] === 1;
  };
  const isTraining = (node: Node) =>
    (node.opType === 'BatchNormalization' && intAttribute(node, 'training_mode', 0) === 1) ||
    (node.opType === 'Dropout' && isTrue(node.input[2]));
  return [...nodesIn(model)].filter(isTraining).map(nodeLabel);
}

/** Quantised weights are parameters too. */
const BYTES = new Set([2, 3]);

function countParameters(model: Model): { parameters: number; matrixParameters: number } {
  let [parameters, matrixParameters] = [0, 0];
  for (const stored of storedTensors(model)) {
    if (!isFloatTensor(stored) && !BYTES.has(stored.dataType)) continue;
    const dims = dimsOf(stored);
    const count = elementCount(dims);
    parameters += count;
    if (dims.filter((dim) => dim > 1).length > 1) matrixParameters += count;
  }
  return { parameters, matrixParameters };
}

/**
 * Inputs with their open sizes as the user says them.
 * @throws InputError for a shape that the model contradicts
 */
export function withOpenSizes(inputs: readonly Port[], inputShape: readonly number[] | undefined): Port[] {
  // ONNX Runtime gives the shape [] for what has nobody knows how many dimensions.
  const declared = inputs.map(({ name, shape }) => ({ name, dims: shape.length === 0 ? undefined : shape.slice(1) }));
  return withShape(declared, inputShape).map(({ dims }, i) => {
    const input = inputs[i]!;
    return { ...input, shape: dims ? [input.shape[0] ?? null, ...dims] : [] };
  });
}

/** A port as people write it: `input float32 [?, 1, 28, 28]`. */
export function portText({ name, type, shape }: Port): string {
  return `${name} ${type} [${shape.map((dim) => dim ?? '?').join(', ')}]`;
}
