import { intAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';

/** y = running sum of x along an axis: dx = running sum of dy from the other end. */
export const cumSum: Gradient = {
  op: 'CumSum',
  backward: ({ g, node, input, dy }) => {
    const [exclusive, reverse] = [intAttribute(node, 'exclusive', 0), intAttribute(node, 'reverse', 0)];
    return [g.op('CumSum', [dy, input(1)], { exclusive, reverse: 1 - reverse })];
  },
};
