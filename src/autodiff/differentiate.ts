/**
 * Reverse-mode differentiation of a graph into nodes of the same kind.
 *
 * Two passes: `emitForward` emits the nodes and remembers what each gradient needs; `emitBackward` walks them in
 * reverse and emits the vector–Jacobian products. Which rule serves a node is the caller's choice: with the registry's
 * rules the result is the gradient; with others it is a training-time batch norm, guided backpropagation or LRP.
 */
import type { GraphBuilder } from '../graph/builder.js';
import type { Values } from '../graph/values.js';
import { isStandardDomain, type Node } from '../onnx/model.js';
import type { RuleFor } from './gradient.js';
import { GRADIENTS } from './registry.js';
import { emitForward as emitForwardBy, nodesWithoutRule as nodesWithout, type Tape } from './tape.js';

export type { RuleFor } from './gradient.js';
export { emitBackward, type Tape } from './tape.js';

/** The registry's rules. */
export const registeredRule: RuleFor = (node) =>
  isStandardDomain(node.domain) ? GRADIENTS.get(node.opType) : undefined;

/**
 * Emits the nodes of a forward pass, for `emitBackward` to walk.
 * @param wrt values whose gradients will be asked for: nodes that do not depend on them are emitted as they are, unless
 *   their rule replaces them
 * @param ruleFor the registry's rules by default
 * @throws InputError listing every node on the way that has no gradient
 */
export function emitForward(
  g: GraphBuilder,
  nodes: readonly Node[],
  values: Values,
  wrt: ReadonlySet<string> | readonly string[],
  ruleFor: RuleFor = registeredRule,
): Tape {
  return emitForwardBy(g, nodes, values, wrt, ruleFor);
}

/**
 * The nodes on the way of a gradient to one of `wrt` that it cannot pass, for want of a rule; those in bodies too.
 * @param ruleFor the registry's rules by default
 */
export function nodesWithoutRule(
  nodes: readonly Node[],
  values: Values,
  wrt: ReadonlySet<string> | readonly string[],
  ruleFor: RuleFor = registeredRule,
): Node[] {
  return nodesWithout(nodes, values, wrt, ruleFor);
}
