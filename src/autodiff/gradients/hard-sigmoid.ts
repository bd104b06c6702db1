import { floatAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';

/** y = min(max(αx + β, 0), 1): dx = α·dy where 0 < y < 1. */
export const hardSigmoid: Gradient = {
  op: 'HardSigmoid',
  backward: ({ g, node, output, type, dy }) => {
    const y = output(0);
    const { mul, compare, where } = algebra(g, type(y));
    const inside = g.op('And', [compare('Greater', y, 0), compare('Less', y, 1)]);
    return [where(inside, mul(floatAttribute(node, 'alpha', 0.2), dy), 0)];
  },
};
