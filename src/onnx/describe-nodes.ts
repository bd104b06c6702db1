/** How messages list nodes: by their operators, not one by one. */
import { nodeLabel, type Node } from './model.js';

/** Operators that a message names; more tell nobody more. */
const NAMED = 8;

/**
 * Nodes by operator, each with how many there are and where the first stands: `NonMaxSuppression ×3, first at node nms (…)`.
 * @param operatorOf how an operator is called; by default as it is
 */
export function describeNodes(nodes: readonly Node[], operatorOf = ({ opType }: Node) => opType): string {
  const groups = new Map<string, Node[]>();
  for (const node of nodes) {
    const group = groups.get(operatorOf(node));
    if (group) group.push(node);
    else groups.set(operatorOf(node), [node]);
  }
  const named = [...groups]
    .slice(0, NAMED)
    .map(([operator, [first, ...others]]) =>
      others.length === 0
        ? describeOne(operator, first!)
        : `${operator} ×${others.length + 1}, first at node ${nodeLabel(first!)}`,
    );
  const more = groups.size > NAMED ? `; and ${groups.size - NAMED} operators more` : '';
  return `${named.join('; ')}${more}`;
}

/** A label names the operator already. */
function describeOne(operator: string, node: Node): string {
  return operator === node.opType ? nodeLabel(node) : `${operator} at node ${nodeLabel(node)}`;
}
