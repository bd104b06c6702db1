/** What kind of node a rule has to do with. */
import { isStandardDomain, type Node } from '../../../onnx/model.js';
import { ACTIVATIONS } from '../activations.js';
import { table } from '../../../table.js';

/**
 * - `linear`: weights times data; `bias`: the Add of a bias that stands apart
 * - `sum`: several values of the network are added; `average`: linear without weights, such as average pooling
 * - `max`: the largest of several elements
 * - `elementwise`: activations, normalisation, arithmetic with constants
 * - `product`: two values of the network are multiplied, such as a gate
 * - `move`: elements are only moved, copied or left out
 * - `other`: anything else
 */
export type NodeKind = 'linear' | 'bias' | 'sum' | 'average' | 'max' | 'elementwise' | 'product' | 'move' | 'other';

const BY_OPERATOR = table<NodeKind>({
  ...kindOf('average', ['AveragePool', 'GlobalAveragePool', 'ReduceMean', 'ReduceSum', 'Mean', 'Resize']),
  ...kindOf('max', ['MaxPool', 'GlobalMaxPool', 'ReduceMax', 'Max']),
  ...kindOf('elementwise', [...ACTIVATIONS, 'BatchNormalization', 'LayerNormalization', 'GroupNormalization']),
  ...kindOf('elementwise', ['InstanceNormalization', 'LRN', 'LpNormalization', 'Abs', 'Neg']),
  ...kindOf('move', [
    'Cast',
    'CastLike',
    'Concat',
    'DepthToSpace',
    'Dropout',
    'Expand',
    'Flatten',
    'Gather',
    'Identity',
  ]),
  ...kindOf('move', ['Pad', 'Reshape', 'Slice', 'SpaceToDepth', 'Split', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze']),
  ...kindOf('move', ['Where']),
});

function kindOf(kind: NodeKind, ops: readonly string[]): Record<string, NodeKind> {
  return Object.fromEntries(ops.map((op) => [op, kind]));
}

/** The kind of a node that is not a linear layer. @param depends whether a value depends on the input */
export function kindOfNode(node: Node, depends: (value: string) => boolean): NodeKind {
  const operands = node.input.filter(depends).length;
  switch (isStandardDomain(node.domain) ? node.opType : '') {
    case 'Add':
    case 'Sum':
    case 'Sub':
      return operands > 1 ? 'sum' : 'elementwise';
    case 'Mul':
      return operands > 1 ? 'product' : 'elementwise';
    case 'Div':
      return depends(node.input[1]!) ? 'other' : 'elementwise';
    default:
      return isStandardDomain(node.domain) ? (BY_OPERATOR[node.opType] ?? 'other') : 'other';
  }
}
