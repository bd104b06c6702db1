import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x where x > α, else 0: dx = dy where x > α, else 0. */
export const thresholdedRelu: Gradient = {
  op: 'ThresholdedRelu',
  backward: ({ g, node, input, type, dy }) => {
    const { compare, where } = algebra(g, type(input(0)));
    return [where(compare('Greater', input(0), floatAttribute(node, 'alpha', 1)), dy, 0)];
  },
};
