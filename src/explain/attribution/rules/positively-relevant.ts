/** Which values get relevance only where they are above zero. */
import type { Node } from '../../../onnx/model.js';
import { valuesReadBy } from '../../../onnx/validate.js';
import { ruleNamed } from './registry.js';
import type { RelevanceGraph } from './relevance-graph.js';

/** Operators that put elements elsewhere as they are, whose gradient takes what arrives there back. */
const MOVES = new Set([
  ...['Concat', 'DepthToSpace', 'Dropout', 'Expand', 'Flatten', 'Gather', 'Identity', 'Reshape', 'Slice'],
  ...['SpaceToDepth', 'Split', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze'],
]);

/** Maxima, whose gradient gives what arrives to the winner, which is as large as the maximum. */
const MAXIMA = new Set(['MaxPool', 'GlobalMaxPool', 'ReduceMax', 'Max']);

/**
 * Whether every element of a value that is not above zero gets a relevance of exactly zero. Looked at from the scores down:
 * - a proportional rule gives an input that is never negative nothing where it is 0;
 * - a Relu under the rule `pass` hands on what its output got, and the output is above zero just where the input is;
 * - elements that are moved, and maxima, have the sign of what they become.
 * The scores themselves are relevance whatever their sign, and whatever else may read a value is taken to give any.
 * @param ruleOf name of the rule that serves a node
 */
export function positivelyRelevant(
  network: RelevanceGraph,
  scores: string,
  ruleOf: (node: Node) => string | undefined,
): (value: string) => boolean {
  const otherwise = new Set([scores]);
  const handsNoMore = (node: Node, value: string): boolean => {
    const name = ruleOf(node);
    if (name === undefined) return false;
    if (ruleNamed(name, '').isProportional) return network.nonNegative(value);
    const isAlike =
      name === 'pass'
        ? node.opType === 'Relu'
        : name === 'gradient' && (MOVES.has(node.opType) || MAXIMA.has(node.opType));
    return isAlike && node.output.every((output) => !otherwise.has(output));
  };
  // In topological order backwards: what is above a value is known.
  for (const node of [...network.kinds.keys()].reverse()) {
    for (const value of valuesReadBy(node)) if (!handsNoMore(node, value)) otherwise.add(value);
  }
  return (value) => network.depends(value) && !otherwise.has(value);
}
