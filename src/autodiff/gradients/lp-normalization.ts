import { intAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import { axisOf } from '../axes.js';
import type { Gradient } from '../gradient.js';

/** y = x/‖x‖ₚ along an axis: dx = (dy − u·Σ dy·y)/‖x‖ₚ with u = y for p = 2, sign x for p = 1 (0 where x = 0). */
export const lpNormalization: Gradient = {
  op: 'LpNormalization',
  backward: (context) => {
    const { g, node, input, output, type, dy } = context;
    const [x, y] = [input(0), output(0)];
    const { sub, mul, div, apply, compare, where } = algebra(g, type(x));
    const axes = g.ints([axisOf(context, -1)]);
    const p = intAttribute(node, 'p', 2);
    const norm = g.op(p === 1 ? 'ReduceL1' : 'ReduceL2', [x, axes], { keepdims: 1 });
    const projection = g.op('ReduceSum', [mul(dy, y), axes], { keepdims: 1 });
    const slope = p === 1 ? apply('Sign', x) : y;
    return [where(compare('Equal', norm, 0), 0, div(sub(dy, mul(slope, projection)), norm))];
  },
};
