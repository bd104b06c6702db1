/** Which nodes a value is computed by. */
import type { Node } from '../onnx/model.js';
import { valuesReadBy } from '../onnx/validate.js';

/** The nodes that the given values depend on, in their given (topological) order. */
export function nodesLeadingTo(nodes: readonly Node[], targets: Iterable<string>): Node[] {
  const wanted = new Set(targets);
  const kept = [...nodes].reverse().filter((node) => {
    if (!node.output.some((name) => wanted.has(name))) return false;
    for (const name of valuesReadBy(node)) wanted.add(name);
    return true;
  });
  return kept.reverse();
}

/** The given values and all that are computed from them. */
export function valuesDependingOn(nodes: readonly Node[], sources: Iterable<string>): Set<string> {
  const reached = new Set(sources);
  for (const node of nodes) {
    if (valuesReadBy(node).some((name) => reached.has(name))) for (const output of node.output) reached.add(output);
  }
  reached.delete('');
  return reached;
}
