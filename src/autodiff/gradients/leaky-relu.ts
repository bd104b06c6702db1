import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x where x > 0, else αx: dx = dy, or α·dy. */
export const leakyRelu: Gradient = {
  op: 'LeakyRelu',
  backward: ({ g, node, input, type, dy }) => {
    const { mul, compare, where } = algebra(g, type(input(0)));
    return [where(compare('Greater', input(0), 0), dy, mul(floatAttribute(node, 'alpha', 0.01), dy))];
  },
};
