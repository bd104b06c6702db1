import { stringAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = x·Φ(x): dx = dy·(Φ(x) + x·φ(x)); with `approximate: tanh`, Φ is ½(1 + tanh(√(2/π)(x + 0.044715x³))). */
export const gelu: Gradient = {
  op: 'Gelu',
  backward: ({ g, node, input, type, dy }) => {
    const x = input(0);
    const { add, sub, mul, neg, apply } = algebra(g, type(x));
    const square = mul(x, x);
    if (stringAttribute(node, 'approximate', 'none') === 'tanh') {
      const [scale, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
      const tanh = apply('Tanh', mul(scale, mul(x, add(1, mul(cubic, square)))));
      const slope = mul(scale, add(1, mul(3 * cubic, square)));
      const density = mul(0.5, mul(sub(1, mul(tanh, tanh)), slope));
      return [mul(dy, add(mul(0.5, add(1, tanh)), mul(x, density)))];
    }
    const cumulative = mul(0.5, add(1, apply('Erf', mul(Math.SQRT1_2, x))));
    const density = mul(1 / Math.sqrt(2 * Math.PI), apply('Exp', neg(mul(0.5, square))));
    return [mul(dy, add(cumulative, mul(x, density)))];
  },
};
