import { intAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = (Σ|x|ᵖ)^(1/p) over each channel: dx = dy·sign x·(|x|/y)ᵖ⁻¹ (0 where y = 0). */
export const globalLpPool: Gradient = {
  op: 'GlobalLpPool',
  backward: ({ g, node, input, output, type, dy }) => {
    const [x, y] = [input(0), output(0)];
    const { mul, div, pow, apply, compare, where } = algebra(g, type(x));
    const ratio = where(compare('Equal', y, 0), 0, div(apply('Abs', x), y));
    return [mul(dy, mul(apply('Sign', x), pow(ratio, intAttribute(node, 'p', 2) - 1)))];
  },
};
