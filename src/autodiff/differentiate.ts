/**
 * Reverse-mode differentiation of a graph into nodes of the same kind.
 *
 * Two passes: `emitForward` emits the nodes and remembers what each gradient needs; `emitBackward` walks them in
 * reverse and emits the vector–Jacobian products. Which rule serves a node is the caller's choice: with the registry's
 * rules the result is the gradient; with others it is a training-time batch norm, guided backpropagation or LRP.
 */
import { GraphBuilder } from '../graph/builder.js';
import { valuesOf, type Values } from '../graph/values.js';
import { makeModel } from '../onnx/codec.js';
import { graphOf, isStandardDomain, onnx, opsetOf, type Model, type Node } from '../onnx/model.js';
import { CLOSED, CLOSED_DOMAIN, closedConv, closedConvTranspose } from './conv/closed.js';
import type { GradientTable, RuleFor } from './gradient.js';
import { loweringsOf, NEWEST_LOWERINGS } from './conv/table.js';
import { convAsItIs, convBy } from './gradients/conv.js';
import { convTransposeBy } from './gradients/conv-transpose.js';
import { GRADIENTS } from './registry.js';
import { emitForward as emitForwardBy, nodesWithoutRule as nodesWithout, type Tape } from './tape.js';

export type { RuleFor } from './gradient.js';
export { emitBackward, type Tape } from './tape.js';

/** The registry's rules. */
export const registeredRule: RuleFor = (node) => {
  if (isStandardDomain(node.domain)) return GRADIENTS.get(node.opType);
  return node.domain === CLOSED_DOMAIN ? CLOSED[node.opType] : undefined;
};

/**
 * The registry's rules for a graph that is to be differentiated again, whatever the size of the batch. Some leave operators
 * of our own behind (see `conv/closed.ts`), which the registry's rules lower: before the graph runs, `lowerClosed` does.
 */
export const differentiableRule: RuleFor = (node) => {
  if (!isStandardDomain(node.domain)) return registeredRule(node);
  if (node.opType === 'Conv') return closedConv;
  return node.opType === 'ConvTranspose' ? closedConvTranspose : registeredRule(node);
};

/**
 * The rules that a run was trained by, to the bit.
 * @param generation of its lowerings of convolutions (see `conv/table.ts`); the registry has the newest
 */
export function trainingRule(generation = NEWEST_LOWERINGS): RuleFor {
  if (generation === NEWEST_LOWERINGS) return registeredRule;
  const lowerings = loweringsOf(generation);
  const rules: GradientTable = { Conv: convBy(lowerings), ConvTranspose: convTransposeBy(lowerings) };
  return (node) => (isStandardDomain(node.domain) ? rules[node.opType] : undefined) ?? registeredRule(node);
}

/** The registry's rules for a graph whose weights do not change: its convolutions stay as they are. */
export const untrainedRule: RuleFor = (node) =>
  isStandardDomain(node.domain) && node.opType === 'Conv' ? convAsItIs : registeredRule(node);

/** The same graph in standard operators. */
export function lowerClosed(model: Model): Model {
  const graph = graphOf(model);
  const g = new GraphBuilder({ opset: opsetOf(model), prefix: 'lowered/' });
  emitForward(g, graph.node, valuesOf(new onnx.GraphProto(), new Map()), []);
  const initializer = [...graph.initializer, ...g.graph.initializer];
  return makeModel(new onnx.GraphProto({ ...graph, node: g.graph.node, initializer }), g.opset);
}

/**
 * Emits the nodes of a forward pass, for `emitBackward` to walk.
 * @param wrt values whose gradients will be asked for: nodes that do not depend on them are emitted as they are, unless
 *   their rule replaces them
 * @param ruleFor the registry's rules by default
 * @param held values that are taken for constants; none by default
 * @throws InputError listing every node on the way that has no gradient
 */
export function emitForward(
  g: GraphBuilder,
  nodes: readonly Node[],
  values: Values,
  wrt: ReadonlySet<string> | readonly string[],
  ruleFor: RuleFor = registeredRule,
  held: readonly string[] = [],
): Tape {
  return emitForwardBy(g, nodes, values, wrt, ruleFor, held);
}

/**
 * The nodes on the way of a gradient to one of `wrt` that it cannot pass, for want of a rule; those in bodies too.
 * @param ruleFor the registry's rules by default
 * @param held values that are taken for constants; none by default
 */
export function nodesWithoutRule(
  nodes: readonly Node[],
  values: Values,
  wrt: ReadonlySet<string> | readonly string[],
  ruleFor: RuleFor = registeredRule,
  held: readonly string[] = [],
): Node[] {
  return nodesWithout(nodes, values, wrt, ruleFor, held);
}
