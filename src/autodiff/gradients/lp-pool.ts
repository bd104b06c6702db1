import { intAttribute, intsAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';
import { spreadOverWindows, windowOf } from '../window.js';

/** y = (Σ|x|ᵖ)^(1/p) over each window: dx = sign x·|x|ᵖ⁻¹·Σ dy·y¹⁻ᵖ over the windows that x lies in (0 where y = 0). */
export const lpPool: Gradient = {
  op: 'LpPool',
  backward: (context) => {
    const { g, node, input, output, type, dy } = context;
    const [x, y] = [input(0), output(0)];
    const { mul, div, pow, apply, compare, where } = algebra(g, type(x));
    const p = intAttribute(node, 'p', 2);
    const share = where(compare('Equal', y, 0), 0, div(dy, pow(y, p - 1)));
    const spread = spreadOverWindows(context, share, windowOf(context, intsAttribute(node, 'kernel_shape')!));
    return [mul(mul(apply('Sign', x), pow(apply('Abs', x), p - 1)), spread)];
  },
};
