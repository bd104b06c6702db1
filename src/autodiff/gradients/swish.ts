import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x·s with s = 1/(1 + e^(−αx)): dx = dy·(s + αx·s·(1 − s)). */
export const swish: Gradient = {
  op: 'Swish',
  backward: ({ g, node, input, type, dy }) => {
    const { add, sub, mul, apply } = algebra(g, type(input(0)));
    const scaled = mul(floatAttribute(node, 'alpha', 1), input(0));
    const s = apply('Sigmoid', scaled);
    return [mul(dy, mul(s, add(1, mul(scaled, sub(1, s)))))];
  },
};
