import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import { axisOf } from '../axes.js';
import { sumToShapeOf } from '../broadcast.js';
import type { Gradient } from '../gradient.js';

/** y = s·h, h = x·r, r = 1/√(mean x² + ε) over the axes from `axis` on: dx = r·(s·dy − h·mean(s·dy·h)), ds = Σ dy·h. */
export const rmsNormalization: Gradient = {
  op: 'RMSNormalization',
  backward: (context) => {
    const { g, node, input, dims, type, dy, needs } = context;
    const [x, scale] = [input(0), input(1)];
    const { add, sub, mul, div, apply } = algebra(g, type(x));
    const first = axisOf(context, -1);
    const axes = g.ints(dims(x).flatMap((_, axis) => (axis >= first ? [axis] : [])));
    const mean = (value: string) => g.op('ReduceMean', [value, axes], { keepdims: 1 });
    const inverse = div(1, apply('Sqrt', add(mean(mul(x, x)), floatAttribute(node, 'epsilon', 1e-5))));
    const h = mul(x, inverse);
    const toX = () => {
      const dh = mul(dy, scale);
      return mul(inverse, sub(dh, mul(h, mean(mul(dh, h)))));
    };
    return [needs(0) ? toX() : undefined, needs(1) ? sumToShapeOf(context, mul(dy, h), dims(x), scale) : undefined];
  },
};
