import { intsAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';

/** y = x with its axes permuted: dx = dy, permuted back. */
export const transpose: Gradient = {
  op: 'Transpose',
  backward: ({ g, node, dy }) => {
    const perm = intsAttribute(node, 'perm');
    const inverse = perm?.map((_, axis) => perm.indexOf(axis));
    return [g.op('Transpose', [dy], { perm: inverse })];
  },
};
