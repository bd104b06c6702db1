import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = γx where x > 0, else γα(eˣ − 1): dx = γ·dy, or dy·γαeˣ. */
export const selu: Gradient = {
  op: 'Selu',
  backward: ({ g, node, input, output, type, dy }) => {
    const { add, mul, compare, where } = algebra(g, type(input(0)));
    const alpha = floatAttribute(node, 'alpha', 1.67326319217681884765625);
    const gamma = floatAttribute(node, 'gamma', 1.05070102214813232421875);
    // γαeˣ = y + γα, which cannot overflow where x > 0.
    return [where(compare('Greater', input(0), 0), mul(gamma, dy), mul(dy, add(output(0), gamma * alpha)))];
  },
};
