/** Evaluates what a model computes from constants alone. */
import { InputError, oneLine } from '../../errors.js';
import { cloneModel, encodeModel } from '../../onnx/codec.js';
import { intAttribute } from '../../onnx/attributes.js';
import { graphOf, type Graph, type Model, type Node } from '../../onnx/model.js';
import { isFloatTensor } from '../../onnx/element-type.js';
import { dimsOf, encodeTensor } from '../../onnx/tensor-proto.js';
import { valuesReadBy } from '../../onnx/validate.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { cutBefore } from '../cut.js';
import { elementCount, type Tensor } from '../../tensor.js';
import { dropDead } from '../drop-dead.js';
import { measureGraph } from '../measure.js';
import { freeze, isFrozen } from '../parameters.js';

/** Operators that give something else each time. */
export const RANDOM: ReadonlySet<string> = new Set([
  ...['Bernoulli', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike'],
]);

/** Operators whose results are no tensors, and cannot be stored as weights. */
const NO_TENSOR = /^(Sequence|SplitToSequence|ConcatFromSequence|Optional|StringSplit)/;

/** Larger results would bloat the model: a shape that says how to fill a tensor is smaller than the tensor. */
export const LARGEST_RESULT = 2 ** 22;

/**
 * The model with every part that depends on constants only replaced by its result, evaluated by the runtime. Results
 * are weights named like the values that they replace; those that nothing learned went into (a mask, positions) are
 * marked as not to be trained.
 * @param keep weights that are not constant because they will change: parameters, when the model is to be trained
 * @param isKept which nodes stay whatever they depend on
 */
export async function foldConstants(
  model: Model,
  runtime: Runtime,
  keep: Iterable<string> = [],
  isKept: (node: Node) => boolean = () => false,
): Promise<Model> {
  const nodes = constantNodes(graphOf(model), new Set(keep), isKept);
  const needed = neededResults(graphOf(model), nodes);
  if (needed.length === 0) return model;

  const part = cutBefore(model, needed);
  await measureGraph(part, runtime, new Map());
  const session = await runtime.createSession(encodeModel(part), { optimization: 'disabled' });
  try {
    const results = await evaluate(session);
    const folded = cloneModel(model);
    const graph = graphOf(folded);
    const stored = new Set<string>();
    for (const [name, tensor] of Object.entries(results)) {
      if (tensor.data.length > LARGEST_RESULT) continue;
      graph.initializer.push(encodeTensor(name, tensor));
      stored.add(name);
    }
    const learned = learnedValues(graphOf(model), nodes);
    const given = [...stored].filter((name) => !learned.has(name));
    freeze(graph, given);
    const isStored = ({ output }: Node) => output.some((name) => stored.has(name));
    graph.node = graph.node.flatMap((node) => (isStored(node) ? withoutOutputs(node, stored) : [node]));
    return dropDead(folded);
  } finally {
    await session.release();
  }
}

async function evaluate(session: Session): Promise<Record<string, Tensor>> {
  try {
    return await session.run({});
  } catch (error) {
    throw new InputError(`what the model computes from its constants cannot be computed: ${oneLine(error)}`, {
      cause: error,
    });
  }
}

/** Stored tensors that stay as they are: not those to `keep` (as weights are), nor those that an input may replace. */
export function storedConstants(graph: Graph, keep: ReadonlySet<string>): Set<string> {
  const inputs = new Set(graph.input.map(({ name }) => name));
  return new Set(graph.initializer.map(({ name }) => name).filter((name) => !keep.has(name) && !inputs.has(name)));
}

/** The nodes that depend on nothing but constants. */
function constantNodes(graph: Graph, keep: ReadonlySet<string>, isKept: (node: Node) => boolean): Set<Node> {
  const constants = storedConstants(graph, keep);
  const nodes = new Set<Node>();
  for (const node of graph.node) {
    if (isKept(node) || !isFoldable(node) || !valuesReadBy(node).every((name) => constants.has(name))) continue;
    nodes.add(node);
    for (const output of node.output) constants.add(output);
  }
  return nodes;
}

/** Whether a node gives tensors, and the same ones each time, in the end: loops are written out first. */
export function isFoldable(node: Node): boolean {
  if (node.opType === 'Loop') return false;
  const random = RANDOM.has(node.opType) || intAttribute(node, 'training_mode', 0) === 1;
  return !random && !NO_TENSOR.test(node.opType);
}

/** Values that stored floating-point tensors went into: these may be weights. Single numbers are those of a formula. */
function learnedValues(graph: Graph, nodes: ReadonlySet<Node>): Set<string> {
  const weights = graph.initializer.filter(
    (stored) => isFloatTensor(stored) && !isFrozen(stored) && elementCount(dimsOf(stored)) > 1,
  );
  const learned = new Set(weights.map(({ name }) => name));
  for (const node of nodes) {
    const isLearned = node.opType === 'DequantizeLinear' || valuesReadBy(node).some((name) => learned.has(name));
    if (isLearned) for (const output of node.output) learned.add(output);
  }
  return learned;
}

/** Results of constant nodes that other nodes read, or that are outputs. */
function neededResults(graph: Graph, nodes: ReadonlySet<Node>): string[] {
  const results = new Set([...nodes].flatMap(({ output }) => output));
  const readers = graph.node.filter((node) => !nodes.has(node));
  const read = [...readers.flatMap(valuesReadBy), ...graph.output.map(({ name }) => name)];
  return [...new Set(read.filter((name) => name !== '' && results.has(name)))];
}

/** A node whose outputs are stored goes; one of whose outputs some are not (they were too large) stays for those. */
function withoutOutputs(node: Node, stored: ReadonlySet<string>): Node[] {
  node.output = node.output.map((name) => (stored.has(name) ? '' : name));
  return node.output.every((name) => name === '') ? [] : [node];
}
