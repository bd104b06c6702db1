/** The layers of a network whose units can be explained. */
import { rowsOf } from '../../../graph/batch.js';
import { findNode, nodeName } from '../../../graph/find-node.js';
import { nodesLeadingTo, valuesDependingOn } from '../../../graph/reachable.js';
import { InputError } from '../../../errors.js';
import { graphOf, type Node } from '../../../onnx/model.js';
import { activationAfter } from '../activations.js';
import type { Classifier } from '../../../classifier/classifier.js';
import { exampleSize } from '../runner.js';

/** A hidden layer whose units MIM explains by: one number per unit and example. */
export interface UnitLayer {
  /** Name of the node that computes it. */
  readonly name: string;
  readonly op: string;
  /** The value with the activations. */
  readonly value: string;
  /** Units of one example. */
  readonly units: number;
}

/** Operators that a layer begins with; what only normalises, adds or activates belongs to the layer before it. */
const BEGINS = new Set([
  ...['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool'],
  ...['ReduceMean', 'Concat'],
]);

/** Every layer from the input to the class scores, each after its activation. */
export function unitLayers(explained: Classifier): UnitLayer[] {
  const nodes = passedNodes(explained);
  const ends = nodes.filter(({ opType }) => BEGINS.has(opType)).map((node) => activationAfter(nodes, node));
  const last = nodes.find(({ output }) => output.includes(explained.scores));
  // The layer of the scores ends with them, whatever shapes them.
  const distinct = [...new Set([...ends, ...(last ? [last] : [])])].sort((a, b) => nodes.indexOf(a) - nodes.indexOf(b));
  return distinct.filter((node) => hasUnits(explained, node)).map((node) => layerOf(explained, node));
}

/** Layers by name. @throws InputError for one that does not exist or has no activations of each example */
export function unitLayersNamed(explained: Classifier, names: readonly string[]): UnitLayer[] {
  const nodes = passedNodes(explained);
  return names.map((name) => {
    const node = findNode(graphOf(explained.model), name, nodes);
    if (!hasUnits(explained, node))
      throw new InputError(`layer "${name}" has no units of each example; choose another`);
    return layerOf(explained, node);
  });
}

function passedNodes({ model, input, scores }: Classifier): Node[] {
  const nodes = nodesLeadingTo(graphOf(model).node, [scores]);
  const reached = valuesDependingOn(nodes, [input.name]);
  return nodes.filter(({ output }) => reached.has(output[0]!));
}

function hasUnits({ model, values }: Classifier, { output }: Node): boolean {
  const { type, dims } = values.of(output[0]!);
  return type === 'float32' && dims[0] === rowsOf(model) && dims.slice(1).every((dim) => typeof dim === 'number');
}

function layerOf(explained: Classifier, node: Node): UnitLayer {
  const value = node.output[0]!;
  return { name: nodeName(node), op: node.opType, value, units: exampleSize(explained, value) };
}
